import SealaneTunnel

/// What the agent decided of its peers, for the audit log.
extension Conductor {
    func audit(_ event: TunnelEvent) {
        switch event {
        case .established(let id, let session, let suite, let isInitiator):
            auditLog?.record(
                .sessionEstablished(
                    session.rawValue, with: name(of: id), suite: "\(suite)", initiator: isInitiator))
        case .ended(let id, let session):
            auditLog?.record(.sessionEnded(session.rawValue, with: name(of: id)))
        case .refused, .refusedByPeer, .unreachable, .cannotInitiate, .silent, .clockDiffers:
            break
        }
    }
}
