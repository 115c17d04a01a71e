import SealaneTunnel

/// Records of sessions and verdicts in the audit log.
extension ControlLoop {
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

    /// Adds a record. If the peer has caused too many records within the last minute, counts it instead, and returns
    /// false.
    @discardableResult
    mutating func audit(_ record: @autoclosure () -> AuditRecord, of peer: String, isVerdict: Bool) -> Bool {
        guard let auditLog else { return true }
        let isRecorded = peerLines.admitsRecord(
            of: peer, isVerdict: isVerdict, peerCount: peers.count, Now.ofHost().monotonic)
        if isRecorded { auditLog.record(record()) }
        return isRecorded
    }

    /// Records the peer's verdict. If there is no room for it, it follows when the minute is over.
    mutating func auditVerdict(of id: PeerID) {
        unrecordedVerdicts.remove(id)
        guard let peer = peers[id], let verdict = peer.loggedVerdict, peer.recordedVerdict != verdict else { return }
        let record = AuditRecord.verdict(on: peer.name, from: peer.recordedVerdict, to: verdict)
        if audit(record, of: peer.name, isVerdict: true) {
            peers[id]?.recordedVerdict = verdict
        } else {
            unrecordedVerdicts.insert(id)
        }
    }
}
