import SealanePacket

/// Handshakes that this host begins because of the peer's initiation, which may be a recording.
extension Peer {
    /// Begins a handshake with a peer that seems to be alive. Its fresh keys show whether the peer is alive, and what it says now.
    /// Anybody can cause this with recordings, so the rate is limited, and the attempt ends soon unless a packet waits.
    ///
    /// - Parameter prompt: the initiation that this host rejected for its timestamp, if that is the cause.
    mutating func beginOwn(prompt: HandshakePrompt? = nil, _ now: Now, _ context: inout TunnelContext) {
        guard isAllowed else { return }
        if let refusal, now.monotonic < refusal.until { return }
        let interval =
            if activeIndex != nil { TunnelLimits.refusalStandsFor } else if attempt != nil {
                TunnelLimits.retryAfter
            } else { TunnelLimits.ownHandshakeInterval }
        if let last = incidents.lastOwnHandshake, now.monotonic.since(last) < interval { return }
        if attempt != nil {
            // Two initiations crossed, and each end rejects the other's for its timestamp: the end with the lesser key begins
            // again, with an initiation that names the other's.
            guard prompt != nil, hasLesserKey(context) else { return }
        }
        incidents.lastOwnHandshake = now.monotonic
        initiate(
            firstSentAt: attempt?.firstSentAt ?? now.monotonic, number: (attempt?.number ?? 0) + 1, prompt: prompt,
            isOwnIdea: attempt?.isOwnIdea ?? true, now, &context)
    }

    /// Lets an initiation pass if its timestamp is new and comes some time after the one before, or if this host's own initiation
    /// prompted it, which happens at most once.
    mutating func demandNovelty(
        of received: ReceivedInitiation, _ now: Now, _ context: inout TunnelContext
    ) throws(DropReason) {
        let timestamp = received.payload.timestamp
        if let prompt = received.payload.prompt, let attempt, attempt.isNamed(by: prompt) {
            return adopt(prompt, to: attempt, timestamp, now, &context)
        }
        let kind: ClockObjection.Kind
        let comparedWith: TAI64N
        switch context.timestamps.judge(timestamp, of: parameters.publicKey, at: now.wall) {
        case .fresh:
            if let last = lastInitiationAccepted, now.monotonic.since(last) < TunnelLimits.initiationInterval {
                throw .handshakeLimited
            }
            return
        case .repeated: throw .handshakeReplayed
        case .late(let seen): (kind, comparedWith) = (.behind, seen)
        case .early:
            context.timestamps.record(timestamp, of: parameters.publicKey, at: now.wall)
            (kind, comparedWith) = (.ahead, now.wall)
        }
        let objection = ClockObjection(
            kind: kind, isByPeer: false, stated: timestamp, comparedWith: comparedWith, at: now.monotonic)
        record(objection, &context)
        incidents.lastRefusedHandshake = RefusedHandshake(
            at: now.monotonic, source: received.arrival.source, cause: .clock(objection))
        let prompt = HandshakePrompt(
            mac1: HandshakeMAC.mac1(of: received.initiation.datagram), seen: kind == .behind ? comparedWith : nil)
        beginOwn(prompt: prompt, now, &context)
        throw kind == .ahead ? .handshakeAheadOfClock : .handshakeReplayed
    }

    /// The peer has answered this host's initiation with one of its own, because of this host's timestamp.
    private mutating func adopt(
        _ prompt: HandshakePrompt, to attempt: InitiationAttempt, _ timestamp: TAI64N, _ now: Now,
        _ context: inout TunnelContext
    ) {
        record(
            ClockObjection(
                kind: prompt.seen == nil ? .ahead : .behind, isByPeer: true, stated: attempt.timestamp,
                comparedWith: prompt.seen ?? timestamp, at: now.monotonic), &context)
        if prompt.seen == nil { context.timestamps.followClock(backTo: now.wall) }
        // The peer will not answer the attempt, which prompts only one initiation.
        endAttempt(&context)
    }

    /// Reports the objection once in a while: it recurs with every attempt.
    private mutating func record(_ objection: ClockObjection, _ context: inout TunnelContext) {
        let isNews = incidents.clockEventAt.map { objection.at.since($0) >= TunnelLimits.eventInterval } ?? true
        incidents.clock = objection
        guard isNews else { return }
        incidents.clockEventAt = objection.at
        context.emit(.event(.clockDiffers(id, objection)))
    }
}
