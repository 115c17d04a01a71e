import FoundationEssentials
import Logging
import SealaneControl
import SealanePacket
import SealaneTunnel

/// Rejected handshakes, in words. The other end cannot know why this host rejects them.
extension ControlLoop {
    mutating func log(_ refused: RefusedHandshake, of id: PeerID) {
        guard let report = report(on: refused, of: id, .ofHost()) else { return }
        log(
            .warning, "a handshake was not accepted", of: id, code: report.reason.rawValue,
            [
                "reason": "\(report.reason.rawValue)", "from": "\(report.source)", "observed": "\(report.observed)",
                "remedy": "\(report.remedy)",
            ])
    }

    mutating func log(_ stranger: Stranger) {
        guard logger.logLevel <= .warning else { return }
        let clock = ReportClock.ofHost()
        let report = report(on: stranger, clock)
        let line = PeerLines.Line(
            level: .warning, message: "a host that is no peer begins handshakes",
            metadata: [
                "from": "\(report.source)", "public-key": "\(report.publicKey)",
                "remedy": "\(report.remedy("\(tunnel.publicKey)"))",
            ])
        let code = "\(stranger.source.address)"
        guard peerLines.admits(line, of: nil, code: code, peerCount: peers.count, clock.now.monotonic) else { return }
        logger.log(level: line.level, line.message, metadata: line.metadata)
    }

    /// The strangers that have no entry among the peers by now.
    func reportOnStrangers(_ clock: ReportClock) -> [StrangerReport] {
        tunnel.strangers.filter { tunnel.peer(at: $0.source) == nil }.map { report(on: $0, clock) }
    }

    private func report(on stranger: Stranger, _ clock: ReportClock) -> StrangerReport {
        StrangerReport(
            source: "\(stranger.source)", publicKey: "\(stranger.publicKey)", since: clock.date(stranger.since),
            lastAt: clock.date(stranger.lastAt), handshakes: stranger.count)
    }

    /// Nil for a former peer.
    func report(on refused: RefusedHandshake, of id: PeerID, _ clock: ReportClock) -> RefusedHandshakeReport? {
        guard let peer = peers[id] else { return nil }
        let words = words(for: refused, of: id, peer)
        return RefusedHandshakeReport(
            at: clock.date(refused.at), source: "\(refused.source)", reason: words.reason, proven: refused.isProven,
            observed: words.observed, remedy: words.remedy, otherPeer: words.otherPeer, publicKey: words.publicKey)
    }

    private struct Words {
        let reason: RefusedHandshakeReport.Reason
        let observed: String
        let remedy: String
        var otherPeer: String?
        var publicKey: String?
    }

    private func words(for refused: RefusedHandshake, of id: PeerID, _ peer: KnownPeer) -> Words {
        let definition = peer.member.definition
        let there = "the host at \(refused.source), the peer's endpoint,"
        switch refused.cause {
        case .unexpectedSource(let endpoint, let isRepeated):
            return words(forSource: refused.source, not: endpoint, isRepeated, of: id, peer)
        case .clock(let objection):
            let clock = ClockReport(objection, at: Date())
            return Words(
                reason: objection.kind == .ahead ? .clockAhead : .clockBehind, observed: clock.sentence,
                remedy: ClockReport.remedy)
        case .presharedKey:
            let own = peer.member.presharedKey == nil ? "this host has none" : "this host has one"
            return Words(
                reason: .presharedKeyDiffers,
                observed:
                    "the peer answers from \(refused.source) with another pre-shared key than this host's, or none; \(own)",
                remedy: "put one and the same key into preshared-key-file on both ends, or name none on both")
        case .noCommonSuite:
            return Words(
                reason: .noCommonSuite,
                observed: "the peer, at \(refused.source), offers no cipher suite that this host uses",
                remedy: "give crypto.suites of both ends a suite in common")
        case .unsupportedVersion:
            return Words(
                reason: .unsupportedVersion,
                observed: "the peer, at \(refused.source), speaks another version of the protocol",
                remedy: "run the same version of sealaned on both ends")
        case .otherKey(let key, isProven: true):
            let other = tunnel.peer(of: key).flatMap { $0 == id ? nil : peers[$0]?.name }
            return Words(
                reason: .keysSwapped,
                observed:
                    "\(there) has the public key that is configured for \(other.map { "peer \($0)" } ?? "another peer")",
                remedy: Self.remedyOfSwap(peer.name, other), otherPeer: other, publicKey: "\(key)")
        case .otherKey(let key, isProven: false):
            return Words(
                reason: .otherPublicKey,
                observed: "\(there) says its public key is \(key), not the configured \(definition.publicKey)",
                remedy: "there: sealane key public; if it prints that key, make it the peer's public-key here",
                publicKey: "\(key)")
        case .otherReceiver:
            return Words(
                reason: .notForThisKey,
                observed:
                    "\(there) sends handshakes that are not for this host's public key: it has another one for this host",
                remedy: "there, make \(tunnel.publicKey) the public-key of this host")
        case .otherFleet:
            return Words(
                reason: .otherFleet,
                observed: "\(there) sends handshakes for this host's public key and another fleet",
                remedy: "give both ends one fleet.name; here it is \(configuration.fleetName)")
        }
    }

    private func words(
        forSource source: Endpoint, not endpoint: Endpoint, _ isRepeated: Bool, of id: PeerID, _ peer: KnownPeer
    ) -> Words {
        if let other = tunnel.peer(at: source).flatMap({ $0 == id ? nil : peers[$0]?.name }) {
            return Words(
                reason: .keysSwapped,
                observed: "the peer's public key is used by the host at \(source), the endpoint of peer \(other)",
                remedy: Self.remedyOfSwap(peer.name, other), otherPeer: other)
        }
        let doubt = isRepeated ? "; its time was seen before, so that it may be a recording" : ""
        let moved = "set its endpoint here to \(source)"
        let copied = "another host has a copy of its private key: give that host a key of its own"
        // With a session, the peer is at its endpoint, or was there until now.
        let remedy =
            tunnel.status(of: id)?.session == nil
            ? "if the peer has moved, \(moved); if it has not, \(copied)"
            : "if the peer is still at \(endpoint), \(copied); if it has moved, \(moved)"
        return Words(
            reason: .unexpectedSource,
            observed: "a handshake with the peer's key came from \(source), and its endpoint is \(endpoint)\(doubt)",
            remedy: remedy)
    }

    private static func remedyOfSwap(_ name: String, _ other: String?) -> String {
        guard let other else {
            return "compare the public keys of the peers here with what sealane key public prints there"
        }
        let names = [name, other].sorted()
        return "are the public keys of \(names[0]) and \(names[1]) swapped here, or their endpoints? On each of them: "
            + "sealane key public"
    }
}
