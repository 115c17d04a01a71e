import SealanePacket

/// Requests for decisions of the policy's owner, and the answers.
extension Peer {
    /// Keeps an authentic handshake message until the decision about it, instead of an earlier one.
    mutating func wait(
        for message: PendingHandshake.Message, _ parameters: HandshakeParameters, _ arrival: Arrival,
        _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        let ticket = context.nextTicket(for: id)
        pending = PendingHandshake(ticket: ticket, receivedAt: now, message: message)
        context.active.insert(id)
        let observed = path.including(arrival, claimed: parameters.path, at: now)
        context.emit(.decide(ticket, id, parameters, observed))
    }

    /// Asks for a decision about the path of the sessions.
    mutating func requestPathDecision(_ context: inout TunnelContext) {
        let ticket = context.nextTicket(for: id)
        pathTicket = ticket
        context.emit(.decide(ticket, id, nil, path))
    }

    func awaits(_ ticket: Ticket) -> Bool { pending?.ticket == ticket || pathTicket == ticket }

    mutating func forgetPending() {
        pending = nil
        pathTicket = nil
    }

    mutating func forgetPending(_ ticket: Ticket) {
        if pending?.ticket == ticket { pending = nil }
        if pathTicket == ticket { pathTicket = nil }
    }

    /// Returns whether what the decision was about counts from here on.
    mutating func decide(
        _ ticket: Ticket, _ decision: Decision, _ now: Now, _ context: inout TunnelContext
    ) -> Bool {
        if pathTicket == ticket {
            pathTicket = nil
            apply(decision, now.monotonic, &context)
            return true
        }
        guard let pending, pending.ticket == ticket else { return false }
        self.pending = nil
        do throws(DropReason) {
            let isAdopted =
                switch pending.message {
                case .initiation(let received):
                    try respond(to: received, receivedAt: pending.receivedAt, decision, now, &context)
                case .response(let received):
                    try conclude(received, receivedAt: pending.receivedAt, decision, now.monotonic, &context)
                }
            // The handshake is newer than what an earlier request was about.
            if isAdopted, let earlier = pathTicket, earlier.isBefore(ticket) { pathTicket = nil }
            return isAdopted
        } catch {
            context.drops.count(error)
            return false
        }
    }

    /// Applies a decision about the path of the sessions.
    private mutating func apply(_ decision: Decision, _ now: MonotonicTime, _ context: inout TunnelContext) {
        if case .refuse(let reasons) = decision { return close(reasons: reasons, now, &context) }
        for session in sessions where session.isConfirmedOrOwn && (session.search == nil || session.searchLane != 0) {
            guard let carried = session.carriedByLane[0] else { continue }
            allow(session.index, mtu: carried, now, &context)
        }
    }

    func pathState(after decision: Decision, _ context: borrowing TunnelContext) -> PathState {
        if decision == .validatePath || mustTryLanes { return .validatingAfterFailure }
        // A session that replaces another carries packets once its lanes are checked, so that no packet changes its path for
        // nothing.
        let replaces = context.settings.laneCount > 1 && activeIndex != nil
        return context.provesMTU || replaces ? .validating : .valid
    }
}
