import FoundationEssentials
import Logging
import SealaneConfiguration
import SealaneControl
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealanePacket

/// The facts of this instance, if the agent asks instance metadata: those that the operator states, and the service's
/// last answer.
///
/// Each fact stays until the service gives another value. An instance's type changes only while it is stopped, so a
/// service that does not answer for a while, or leaves a fact out, invalidates nothing.
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

    /// The time after a successful reading. Interfaces gain and lose addresses while the instance runs.
    private static var interval: Duration { .seconds(300) }
    /// The time after failures doubles from 1 s up to this.
    private static var longestRetry: Duration { .seconds(60) }

    /// - Parameters:
    ///   - client: nil: one for the endpoint of `configuration`.
    ///   - pause: waits that long, or less if the task is cancelled.
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

    /// This host's facts by the last reading.
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

    /// Asks the service now, within the client's limits. Changes nothing if the task is cancelled in the meantime.
    package func read() async {
        do throws(InstanceMetadataError) {
            record(try await client.facts(ofInterfaceWith: address))
        } catch {
            // A cancelled request says nothing about the service.
            if !Task.isCancelled { record(error) }
        }
    }

    /// Waits until it is time to ask again.
    package func waitForNextReading() async {
        let failures = state.withLock { $0.failuresInARow }
        await pause(
            failures == 0 ? Self.interval : min(.seconds(1) * (1 << min(failures - 1, 6)), Self.longestRetry))
    }

    // MARK: Results

    private func record(_ answer: Facts) {
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
                metadata: ["consequence": "VPC and subnet are the earlier or the stated ones"])
        }
        for reason in local.reasons {
            logger.error(
                "no peer is eligible: this host's own facts contradict each other", metadata: ["reason": "\(reason)"])
        }
    }

    private func record(_ problem: InstanceMetadataError) {
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
            ? "the earlier facts count" : use == .on ? "no peer is eligible until it answers" : "stated facts count"
        logger.log(
            level: level, "instance metadata cannot be read",
            metadata: ["why": "\(problem)", "consequence": "\(consequence)"])
    }
}

extension Facts {
    /// Completed by the facts that only `earlier` has, if both are of the same instance. Addresses stay as they are.
    fileprivate func completed(by earlier: Facts) -> Facts {
        guard self[.instanceID]?.value == earlier[.instanceID]?.value else { return self }
        var facts = self
        for name in FactName.allCases where facts[name] == nil { facts[name] = earlier[name] }
        return facts
    }
}
