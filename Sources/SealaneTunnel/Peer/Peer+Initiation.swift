import SealaneAEAD
import SealanePacket

/// Handshakes that this host begins: the first message, and what repeats it.
extension Peer {
    /// Sends an initiation, the first one or a repetition, and waits for the response.
    ///
    /// - Parameters:
    ///   - prompt: the peer's initiation that this host rejected for its timestamp, if that is the cause.
    ///   - number: how many initiations the attempt has sent, this one included.
    ///   - isOwnIdea: whether no packet and no session asks for it.
    mutating func initiate(
        firstSentAt: MonotonicTime, number: Int = 1, prompt: HandshakePrompt? = nil, isOwnIdea: Bool = false,
        _ now: Now, _ context: inout TunnelContext
    ) {
        guard isAllowed, let index = context.allocateIndex(for: id) else { return }
        let earlierMACs = attempt?.macsSoFar ?? []
        endAttempt(&context)
        let timestamp = context.timestamps.next(now.wall)
        do {
            let own = context.parameters(to: parameters.endpoint)
            let payload = try Self.payload(timestamp, own, prompt)
            let agreement = try agreement(with: context.privateKey)
            let handshake = try NoiseInitiator(
                privateKey: context.privateKey, agreement: agreement, prologue: context.prologue, payload: payload,
                using: &context.random)
            var datagram = HandshakeMessage.initiationHead(sender: index, noise: handshake.initiation)
            HandshakeMAC.append(
                to: &datagram, receiver: parameters.publicKey, cookie: cookie.cookie(at: now.monotonic))
            let delay = TunnelLimits.retryDelay(afterInitiation: number)
            let jitter =
                delay / TunnelLimits.retryJitterDivisor * Double.random(in: 0...1, using: &context.random)
            attempt = InitiationAttempt(
                index: index, handshake: handshake, mac1: HandshakeMAC.mac1(of: datagram), earlierMACs: earlierMACs,
                timestamp: timestamp, prompt: prompt, isOwnIdea: isOwnIdea, firstSentAt: firstSentAt, number: number,
                retryAt: now.monotonic + delay + jitter)
            unanswered = UnansweredAttempts(
                since: unanswered?.since ?? now.monotonic, count: (unanswered?.count ?? 0) + 1)
            context.active.insert(id)
            context.emit(.send(datagram, to: parameters.endpoint))
        } catch {
            context.indices.release(index)
            context.emit(.event(.cannotInitiate(id, why: "\(error)")))
        }
    }

    /// Sends another initiation for the same purpose.
    mutating func initiateAgain(after attempt: InitiationAttempt, _ now: Now, _ context: inout TunnelContext) {
        initiate(
            firstSentAt: attempt.firstSentAt, number: attempt.number + 1, prompt: attempt.prompt,
            isOwnIdea: attempt.isOwnIdea, now, &context)
    }

    /// Leaves out the prompt if a long credential leaves no room for it: it helps only if both clocks are wrong.
    private static func payload(
        _ timestamp: TAI64N, _ parameters: HandshakeParameters, _ prompt: HandshakePrompt?
    ) throws(HandshakePayloadError) -> [UInt8] {
        do throws(HandshakePayloadError) {
            return try InitiationPayload(timestamp: timestamp, parameters: parameters, prompt: prompt).encoded()
        } catch .tooLarge where prompt != nil {
            return try InitiationPayload(timestamp: timestamp, parameters: parameters).encoded()
        }
    }

    /// Ends the attempt, and the wait for a decision about its response.
    mutating func endAttempt(_ context: inout TunnelContext) {
        guard let attempt else { return }
        context.indices.release(attempt.index)
        self.attempt = nil
        if pendingResponse != nil { pending = nil }
    }

    // MARK: What asks for a session

    /// A packet waits for this peer.
    mutating func wantSession(_ now: Now, _ context: inout TunnelContext) {
        if let activeIndex {
            // The lane asked before it applied the command.
            context.emit(.command(.activate(activeIndex)))
            return
        }
        isWanted = true
        context.active.insert(id)
        guard isAllowed, refusal == nil, attempt == nil, !isValidating, !defersToPeer(now.monotonic) else { return }
        initiate(firstSentAt: now.monotonic, now, &context)
    }

    /// Whether the peer has asked for a session that it is likely to use at once. This host waits for that only once:
    /// recorded initiations, which it has forgotten after a restart, must not keep it from beginning itself.
    mutating func defersToPeer(_ now: MonotonicTime) -> Bool {
        if let defersUntil { return now < defersUntil }
        guard hasUnconfirmedSession(at: now) else { return false }
        defersUntil = now + TunnelLimits.retryAfter
        return true
    }

    /// Whether the peer has lately asked for a session that it has not used yet, or that waits for a decision.
    func hasUnconfirmedSession(at now: MonotonicTime) -> Bool {
        if let pending, case .initiation = pending.message { return true }
        return sessions.contains {
            $0.confirmedAt == nil && !$0.isInitiator && now.since($0.createdAt) < TunnelLimits.retryAfter
        }
    }

    /// Data of an unknown session came from the peer's endpoint: the peer may hold the keys of an earlier run of this
    /// agent, and would use them for `TunnelLimits.deadAfter`. A handshake replaces them. The source may be forged, so
    /// the rate is limited.
    mutating func respondToUnknownSession(_ now: Now, _ context: inout TunnelContext) {
        guard isAllowed, refusal == nil, attempt == nil, activeIndex == nil,
            lastUnknownSession.map({ now.monotonic.since($0) >= TunnelLimits.unknownSessionInterval }) ?? true
        else { return }
        lastUnknownSession = now.monotonic
        initiate(firstSentAt: now.monotonic, now, &context)
    }

    /// A lane has nearly used up the session.
    mutating func replaceSoon(_ index: SessionIndex, _ now: Now, _ context: inout TunnelContext) {
        guard activeIndex == index, let at = place(of: index) else { return }
        sessions[at].replaceAt = now.monotonic
        if attempt == nil { initiate(firstSentAt: now.monotonic, now, &context) }
    }

    /// Whether a session or a handshake of this host exists that `renew(notAfter:)` concerns.
    var isRenewable: Bool { attempt != nil || !sessions.isEmpty }

    /// A new session replaces the active one at this moment, or earlier if it is due by then. The same holds for each
    /// session that may become active later, and for the session that the attempt under way leads to: the handshakes of
    /// all of these state the same to the peer.
    mutating func renew(notAfter moment: MonotonicTime) {
        for at in sessions.indices {
            sessions[at].replaceAt = min(sessions[at].replaceAt ?? moment, moment)
        }
        if let attempt { attempt.replaceSessionAt = min(attempt.replaceSessionAt ?? moment, moment) }
    }

    // MARK: Cookie reply

    /// The responder is under load: the initiation goes out again, with the cookie.
    mutating func receive(
        _ reply: HandshakeMessage.CookieReply, from source: Endpoint, _ now: Now, _ context: inout TunnelContext
    ) throws(DropReason) {
        guard let attempt, attempt.index == reply.receiver else { throw .handshakeUnexpected }
        guard source == parameters.endpoint else { throw .unexpectedSource }
        let isFirst = cookie.cookie(at: now.monotonic) == nil
        guard
            cookie.adopt(reply, mac1: attempt.mac1, responder: parameters.publicKey, at: now.monotonic)
        else { throw .handshakeNotAuthentic }
        // An initiation that already carried a cookie waits for its timer: two ends under load must not chase each
        // other.
        if isFirst { initiateAgain(after: attempt, now, &context) }
    }
}
