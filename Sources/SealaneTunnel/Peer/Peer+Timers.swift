import SealanePacket

/// The timers of a peer (docs/protocol.md, "Timers").
extension Peer {
    /// The next moment after `now` at which `advance(to:_:)` has something to do.
    func nextDeadline(after now: MonotonicTime, _ settings: Tunnel.Settings) -> MonotonicTime? {
        var deadline: MonotonicTime?
        func consider(_ moment: MonotonicTime?) {
            // What is due and was left undone waits for traffic, not for time.
            guard let moment, moment > now else { return }
            deadline = min(deadline ?? moment, moment)
        }
        consider(attempt?.retryAt)
        consider(pending.map { $0.receivedAt + TunnelLimits.decisionPatience })
        if isWanted { consider(refusal?.until ?? now + TunnelLimits.retryAfter) }
        consider(liveness.owesKeepaliveSince.map { $0 + TunnelLimits.keepaliveAfter })
        consider(liveness.unansweredSince.map { $0 + TunnelLimits.deadAfter })
        for session in sessions {
            session.forEachDeadline(
                isActive: session.index == activeIndex, rekeyAfter: settings.rekeyAfter, consider)
        }
        return deadline
    }

    /// Does what is due.
    mutating func advance(to now: Now, _ context: inout TunnelContext) {
        dropOverduePending(now.monotonic)
        retireOldSessions(now.monotonic, &context)
        checkPath(now.monotonic, &context)
        checkLanes(now.monotonic, &context)
        sendDueKeepalive(now.monotonic, &context)
        retryAttempt(now, &context)
        beginDueHandshake(now, &context)
    }

    /// Nobody has decided in time. By now the other end has begun again.
    private mutating func dropOverduePending(_ now: MonotonicTime) {
        if let pending, now.since(pending.receivedAt) >= TunnelLimits.decisionPatience { self.pending = nil }
    }

    /// Retires sessions that are too old, and those whose successor has long carried data.
    private mutating func retireOldSessions(_ now: MonotonicTime, _ context: inout TunnelContext) {
        let successor = activeSession
        for session in sessions {
            let isExpired = now.since(session.createdAt) >= TunnelLimits.rejectAfter
            let isReplaced =
                if let successor, let confirmedAt = successor.confirmedAt, session.createdAt < successor.createdAt {
                    now.since(confirmedAt) >= TunnelLimits.retryAfter
                } else {
                    false
                }
            if isExpired || isReplaced { retire(session.index, &context) }
        }
    }

    /// The peer sent data and this host sent nothing since: a keepalive shows that this host is alive.
    private mutating func sendDueKeepalive(_ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let activeIndex, let since = liveness.owesKeepaliveSince,
            now.since(since) >= TunnelLimits.keepaliveAfter
        else { return }
        liveness.recordKeepalive()
        context.emit(.command(.sendKeepalive(activeIndex)))
    }

    private mutating func retryAttempt(_ now: Now, _ context: inout TunnelContext) {
        // A response that waits for a decision has ended the wait for a response.
        guard let attempt, now.monotonic >= attempt.retryAt, pendingResponse == nil else { return }
        if attempt.isOwnIdea, !isWanted {
            guard now.monotonic.since(attempt.firstSentAt) < TunnelLimits.ownHandshakeGivenUpAfter else {
                return endAttempt(&context)
            }
            return initiateAgain(after: attempt, now, &context)
        }
        if attempt.number >= TunnelLimits.initiationsUntilUnreachable { reportUnreachable(now.monotonic, &context) }
        guard now.monotonic.since(attempt.firstSentAt) < TunnelLimits.giveUpAfter else {
            endAttempt(&context)
            isWanted = false
            // Lets the next packet ask again.
            if activeIndex == nil { context.emit(.command(.block(id, .unreachable))) }
            return
        }
        initiateAgain(after: attempt, now, &context)
    }

    /// The peer has not answered several initiations: from here on packets get an ICMP error instead of waiting. Sessions that
    /// the peer used lately stay, because only the initiations may be lost.
    private mutating func reportUnreachable(_ now: MonotonicTime, _ context: inout TunnelContext) {
        guard !isUnreachable, !hasUnconfirmedSession(at: now) else { return }
        let isSilent = liveness.unansweredSince.map { now.since($0) >= TunnelLimits.deadAfter } ?? false
        guard activeIndex == nil || isSilent else { return }
        for session in sessions { retire(session.index, &context) }
        isUnreachable = true
        context.emit(.command(.block(id, .unreachable)))
        context.emit(.event(.unreachable(id)))
    }

    /// Begins a handshake if traffic needs one: there is no session, or it is old, or the peer does not answer in it.
    private mutating func beginDueHandshake(_ now: Now, _ context: inout TunnelContext) {
        guard isAllowed, attempt == nil, !isValidating else { return }
        if let refusal {
            guard now.monotonic >= refusal.until else { return }
            self.refusal = nil
            context.emit(.command(.block(id, nil)))
            if isWanted { initiate(firstSentAt: now.monotonic, now, &context) }
            return
        }
        guard let session = activeSession else {
            if isWanted, !defersToPeer(now.monotonic) { initiate(firstSentAt: now.monotonic, now, &context) }
            return
        }
        if let since = liveness.unansweredSince, now.monotonic.since(since) >= TunnelLimits.deadAfter {
            context.emit(.event(.silent(id)))
            initiate(firstSentAt: now.monotonic, now, &context)
        } else if session.isInitiator, now.monotonic.since(session.createdAt) >= context.settings.rekeyAfter,
            let lastSent = session.latest(\.lastSent), lastSent >= session.createdAt + context.settings.rekeyAfter
        {
            initiate(firstSentAt: now.monotonic, now, &context)
        } else if let moment = session.replaceAt, now.monotonic >= moment {
            initiate(firstSentAt: now.monotonic, now, &context)
        }
    }
}
