import FoundationEssentials
import Logging
import SealaneConfiguration
import SealaneControl
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealanePacket

/// What an agent knows of its own instance where instance metadata is asked: what the operator states, and what the service
/// said last.
///
/// What was read holds until something else is read, fact by fact. An instance's type changes only while it is
/// stopped, and a service that does not answer for a while, or leaves something out, takes nothing back.
package final class InstanceMetadataWatch: Sendable {
    private struct State {
        var facts: Facts?
        var readAt: Date?
        var problem: InstanceMetadataError?
        var failuresInARow = 0
    }

    private let client: InstanceMetadataClient
    private let use: Configuration.InstanceMetadata.Use
    private let stated: Facts
    private let address: IPAddress
    private let logger: Logger
    private let pause: @Sendable (Duration) async -> Void
    private let state = Lock(State())

    /// Between readings that succeed. Interfaces get and lose addresses while the instance runs.
    private static var interval: Duration { .seconds(300) }
    /// After failures: 1 s, 2 s, 4 s, up to this.
    private static var longestRetry: Duration { .seconds(60) }

    /// - Parameters:
    ///   - client: nil: one that asks where `configuration` says.
    ///   - pause: waits that long, or less when the task is cancelled.
    package init(
        _ configuration: Configuration, client: InstanceMetadataClient? = nil, logger: Logger,
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.client = client ?? configuration.metadata.client()
        use = configuration.metadata.use
        stated = configuration.facts
        address = configuration.agent.listen.address
        self.logger = logger
        self.pause = pause
    }

    /// As of the last reading.
    package var local: LocalFacts {
        let (facts, problem) = state.withLock { ($0.facts, $0.problem) }
        return LocalFacts(stated: stated, metadata: facts, use, problem)
    }

    package var report: InstanceMetadataReport {
        state.withLock { state in
            InstanceMetadataReport(
                setting: use.rawValue, readAt: state.readAt, problem: state.problem.map { "\($0)" })
        }
    }

    /// Asks now. Takes as long as the client's limits allow. Notes nothing when the task is cancelled meanwhile.
    package func read() async {
        do throws(InstanceMetadataError) {
            note(try await client.facts(ofInterfaceWith: address))
        } catch {
            // Whoever cannot wait any more has learnt nothing about the service.
            if !Task.isCancelled { note(error) }
        }
    }

    /// Waits until it is time to ask again: sooner after a failure.
    package func waitForNextReading() async {
        let failures = state.withLock { $0.failuresInARow }
        await pause(
            failures == 0 ? Self.interval : min(.seconds(1) * (1 << min(failures - 1, 6)), Self.longestRetry))
    }

    // MARK: What is worth a line in the log

    private func note(_ answer: Facts) {
        let (before, facts) = state.withLock { state in
            let before = state
            let facts = before.facts.map { answer.completed(by: $0) } ?? answer
            state = State(facts: facts, readAt: Date())
            return (before, facts)
        }
        guard before.facts != facts || before.problem != nil else { return }
        var metadata: Logger.Metadata = [:]
        for name in FactName.allCases { metadata[name.rawValue] = facts[name].map { .string($0.value) } }
        logger.info("instance metadata read", metadata: metadata)
        if facts.addresses == nil {
            logger.warning(
                "no network interface of this instance has the listen address",
                metadata: ["consequence": "VPC and subnet are those read before, or those stated"])
        }
        for reason in local.reasons {
            logger.error(
                "no peer is eligible: this host's own facts contradict each other", metadata: ["reason": "\(reason)"])
        }
    }

    private func note(_ problem: InstanceMetadataError) {
        let before = state.withLock { state in
            defer {
                state.problem = problem
                state.failuresInARow += 1
            }
            return state
        }
        let level: Logger.Level = before.problem == problem ? .debug : .warning
        let consequence =
            before.facts != nil
            ? "what was read before holds" : use == .on ? "until it is, no peer is eligible" : "stated facts count"
        logger.log(
            level: level, "instance metadata cannot be read",
            metadata: ["why": "\(problem)", "consequence": "\(consequence)"])
    }
}

extension Facts {
    /// With what `earlier` knows and these leave out, if both are of the same instance. Addresses stay as they are.
    fileprivate func completed(by earlier: Facts) -> Facts {
        guard self[.instanceID]?.value == earlier[.instanceID]?.value else { return self }
        var facts = self
        for name in FactName.allCases where facts[name] == nil { facts[name] = earlier[name] }
        return facts
    }
}
