import SealaneAgent
import SealaneControl
import SealaneEligibility
import SealaneFleet
import SealanePacket
import Synchronization

/// An agent that has peers and does nothing with them, for whoever talks to the control socket.
package final class ScratchAgent: ControlHandler {
    private struct State {
        var peers: [String: PeerReport] = [:]
        var reloadFailure: ControlError?
        var delay: Duration?
        var metricsDelay: Duration?
        var metricsCount = 0
    }

    private let state = Mutex(State())

    package init() throws {
        let peers = try SampleReports.list().peers
        state.withLock { state in
            for peer in peers { state.peers[peer.name] = peer }
        }
    }

    package func failReload(with error: ControlError) {
        state.withLock { $0.reloadFailure = error }
    }

    /// Has status take this long.
    package func delayStatus(by delay: Duration) {
        state.withLock { $0.delay = delay }
    }

    package func status() async throws(ControlError) -> StatusReport {
        if let delay = state.withLock({ $0.delay }) { try? await Task.sleep(for: delay) }
        guard let report = try? SampleReports.status() else { throw ControlError(.internal, "no sample") }
        return report
    }

    /// Has metrics take this long.
    package func delayMetrics(by delay: Duration) {
        state.withLock { $0.metricsDelay = delay }
    }

    /// How often they were asked for.
    package var metricsCount: Int { state.withLock { $0.metricsCount } }

    package func metrics() async throws(ControlError) -> MetricsReport {
        let delay = state.withLock { state in
            state.metricsCount += 1
            return state.metricsDelay
        }
        if let delay { try? await Task.sleep(for: delay) }
        guard let report = try? SampleReports.metrics() else { throw ControlError(.internal, "no sample") }
        return report
    }

    package func peers() async throws(ControlError) -> PeerListReport {
        PeerListReport(peers: state.withLock { Array($0.peers.values) })
    }

    package func peer(named name: String) async throws(ControlError) -> PeerReport {
        guard let report = state.withLock({ $0.peers[name] }) else {
            throw ControlError(.notFound, "there is no peer named \(name)")
        }
        return report
    }

    package func check(peer name: String, source: IPAddress?) async throws(ControlError) -> CheckReport {
        let report = try await peer(named: name)
        let isOwn = source.map { source in
            report.addresses.contains { IPPrefix($0)?.contains(source) ?? false }
        }
        let foreign = Reason(
            code: .addressNotOwned, observed: source.map { "\($0)" } ?? "", required: "an address of the peer",
            source: "configuration")
        let reasons = report.verdict.reasons + (isOwn == false ? [foreign] : [])
        return CheckReport(
            peer: name, source: source.map { "\($0)" }, verdict: reasons.isEmpty ? .eligible : .refused(reasons),
            refusedByPeer: report.refusedByPeer, local: Facts(), remote: Facts())
    }

    package func add(_ peer: PeerDefinition) async throws(ControlError) -> PeerReport {
        let report = PeerReport(peer, origin: .added, state: .idle, verdict: .eligible)
        let isNew = state.withLock { state in
            guard state.peers[peer.name] == nil else { return false }
            state.peers[peer.name] = report
            return true
        }
        guard isNew else { throw ControlError(.conflict, "\"\(peer.name)\" is already the name of a peer") }
        return report
    }

    package func removePeer(named name: String) async throws(ControlError) -> RemovalReport {
        _ = try await peer(named: name)
        state.withLock { $0.peers[name] = nil }
        return RemovalReport(removed: name)
    }

    package func reload() async throws(ControlError) -> ReloadReport {
        if let failure = state.withLock({ $0.reloadFailure }) { throw failure }
        return ReloadReport(added: ["e"], removed: [], changed: [], policyChanged: false)
    }
}
