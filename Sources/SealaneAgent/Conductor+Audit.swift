import SealaneTunnel

/// What the agent decided of its peers, for the audit log.
extension Conductor {
    mutating func audit(_ event: TunnelEvent) {
        switch event {
        case .established(let id, let session, let suite, let isInitiator):
            let peer = name(of: id)
            audit(
                .sessionEstablished(session.rawValue, with: peer, suite: "\(suite)", initiator: isInitiator),
                of: peer, isVerdict: false)
        case .ended(let id, let session):
            let peer = name(of: id)
            audit(.sessionEnded(session.rawValue, with: peer), of: peer, isVerdict: false)
        case .refused, .refusedByPeer, .unreachable, .cannotInitiate, .silent, .lanesFailed, .clockDiffers:
            break
        }
    }

    /// Records it, unless the peer has caused too many records within the last minute: then it is counted.
    mutating func audit(_ record: @autoclosure () -> AuditRecord, of peer: String, isVerdict: Bool) {
        guard let auditLog,
            told.admitsRecord(
                of: peer, isVerdict: isVerdict, peerCount: peers.count, Now.ofHost().monotonic)
        else { return }
        auditLog.record(record())
    }
}
