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
        case .refused, .refusedByPeer, .unreachable, .cannotInitiate, .silent, .lanesFailed, .clockDiffers,
            .handshakeNotAccepted, .strangerHeard:
            break
        }
    }

    /// Records it, unless the peer has caused too many records within the last minute: then it is counted.
    @discardableResult
    mutating func audit(_ record: @autoclosure () -> AuditRecord, of peer: String, isVerdict: Bool) -> Bool {
        guard let auditLog else { return true }
        let isAdmitted = told.admitsRecord(
            of: peer, isVerdict: isVerdict, peerCount: peers.count, Now.ofHost().monotonic)
        if isAdmitted { auditLog.record(record()) }
        return isAdmitted
    }

    /// Records the verdict in force. Where there is no room for it, it is recorded once a minute is over.
    mutating func auditVerdict(of id: PeerID) {
        unrecordedVerdicts.remove(id)
        guard let peer = peers[id], let verdict = peer.toldVerdict, peer.recordedVerdict != verdict else { return }
        let record = AuditRecord.verdict(on: peer.name, from: peer.recordedVerdict, to: verdict)
        if audit(record, of: peer.name, isVerdict: true) {
            peers[id]?.recordedVerdict = verdict
        } else {
            unrecordedVerdicts.insert(id)
        }
    }
}
