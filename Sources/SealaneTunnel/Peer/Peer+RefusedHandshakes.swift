import SealanePacket

/// Handshake messages that this host rejects.
extension Peer {
    /// Records a message that the peer itself made, now or before somebody recorded it.
    mutating func record(
        refused cause: RefusedHandshake.Cause, from source: Endpoint, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) {
        let refused = RefusedHandshake(at: now, source: source, cause: cause)
        incidents.lastRefusedHandshake = refused
        report(refused, &context)
    }

    /// Records a message from the peer's endpoint, as far as its source address tells, which proves nothing. It counts while no
    /// session shows that both ends have the right keys, and does not hide what is proven.
    mutating func record(
        unproven cause: RefusedHandshake.Cause, from source: Endpoint, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) {
        guard activeIndex == nil else { return }
        if let last = incidents.lastRefusedHandshake {
            let interval = last.isProven ? TunnelLimits.eventInterval : TunnelLimits.unprovenInterval
            guard now.since(last.at) >= interval else { return }
        }
        let refused = RefusedHandshake(at: now, source: source, cause: cause)
        incidents.lastRefusedHandshake = refused
        guard isNews(refused), context.unprovenReports.spend(at: now) else { return }
        report(refused, &context)
    }

    /// Whether it is a change, or a reminder of what lasts.
    private func isNews(_ refused: RefusedHandshake) -> Bool {
        guard let reported = incidents.reportedRefusedHandshake else { return true }
        // Whoever has recorded an initiation of another version chooses its source.
        let isElsewhere = refused.cause != .unsupportedVersion && reported.source != refused.source
        return reported.cause != refused.cause || isElsewhere
            || refused.at.since(reported.at) >= TunnelLimits.reminderInterval
    }

    private mutating func report(_ refused: RefusedHandshake, _ context: inout TunnelContext) {
        guard isNews(refused) else { return }
        incidents.reportedRefusedHandshake = refused
        context.emit(.event(.handshakeNotAccepted(id, refused)))
    }
}
