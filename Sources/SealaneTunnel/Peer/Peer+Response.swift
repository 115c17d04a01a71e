import SealaneAEAD
import SealanePacket

/// The end of a handshake that this host began: the peer's response, and the decision about it.
extension Peer {
    /// The response to the current attempt that waits for a decision.
    var pendingResponse: ReceivedResponse? {
        if let pending, case .response(let response) = pending.message { response } else { nil }
    }

    /// Receives a response. An acceptance waits for a decision. The peer's refusal counts at once, unless it did not arrive as it
    /// claims while a session stands.
    mutating func receive(
        _ response: HandshakeMessage.Response, _ arrival: Arrival, _ now: Now, _ context: inout TunnelContext
    ) throws(DropReason) {
        guard let attempt, attempt.index == response.receiver else { throw .handshakeUnexpected }
        // A copy does not replace the response that waits. The peer's own, which arrives as it claims, replaces a copy.
        if let waiting = pendingResponse, !waiting.isMismatched { throw .handshakeUnexpected }
        let isProven = try demandWorth(
            of: response, attempt, isFromEndpoint: arrival.source == parameters.endpoint, now.monotonic, &context)
        let received: ReceivedResponse
        do throws(DropReason) {
            received = try read(response, attempt, arrival, context)
        } catch {
            // The sender is the peer, which has read the initiation, and nobody has altered the message. Only the pre-shared key
            // can differ.
            if isProven, error == .handshakeNotAuthentic {
                record(refused: .presharedKey, from: arrival.source, now.monotonic, &context)
            }
            throw error
        }
        guard received.isMismatched || arrival.source == parameters.endpoint else { throw .unexpectedSource }
        if received.isMismatched, pendingResponse != nil { throw .handshakeUnexpected }
        // It may be a copy that somebody sends from elsewhere, or an answer to one. If the path has changed, the next datagram
        // of the session shows that.
        let mayBeCopy = received.isMismatched && activeIndex != nil
        switch received.payload.outcome {
        case .refused(let reasons) where !mayBeCopy:
            adopt(received, receivedAt: now.monotonic)
            refusedByPeer(reasons, received, now.monotonic, &context)
        case .accepted(let suite)
        where !context.settings.suites.contains(suite) || !received.parameters.lanesFit(behind: arrival.source):
            if !mayBeCopy {
                adopt(received, receivedAt: now.monotonic)
                context.indices.release(attempt.index)
            }
            throw .handshakeMalformed
        case .refused, .accepted:
            wait(for: .response(received), received.parameters, arrival, now.monotonic, &context)
        }
    }

    private func read(
        _ response: HandshakeMessage.Response, _ attempt: InitiationAttempt, _ arrival: Arrival,
        _ context: borrowing TunnelContext
    ) throws(DropReason) -> ReceivedResponse {
        let payload: [UInt8]
        let secrets: SessionSecrets
        do throws(NoiseError) {
            let result = try attempt.handshake.read(
                response: response.noise, privateKey: context.privateKey, presharedKey: parameters.presharedKey)
            payload = result.payload
            secrets = SessionSecrets(ofInitiator: result.keys)
        } catch {
            throw .handshakeNotAuthentic
        }
        do throws(HandshakePayloadError) {
            return ReceivedResponse(
                attempt: attempt, sender: response.sender, payload: try ResponsePayload(decoding: payload),
                secrets: secrets, arrival: arrival)
        } catch {
            throw DropReason(error)
        }
    }

    /// Before any Diffie-Hellman: limits the responses that come from elsewhere, which may tell of a translation, and those that
    /// do not prove that their sender has read the initiation, which older versions send.
    ///
    /// Returns whether the response proves that.
    private func demandWorth(
        of response: HandshakeMessage.Response, _ attempt: InitiationAttempt, isFromEndpoint: Bool,
        _ now: MonotonicTime, _ context: inout TunnelContext
    ) throws(DropReason) -> Bool {
        let isProven = HandshakeMAC.hasValidMAC2(response.datagram, cookie: attempt.handshake.responseKey)
        guard isProven || HandshakeMAC.hasValidMAC1(response.datagram, key: context.mac1Key) else {
            throw .handshakeNotAuthentic
        }
        guard attempt.mayTry(isProven: isProven, isFromEndpoint: isFromEndpoint, at: now),
            isProven || context.load.allowsUnprovenResponse(at: now)
        else { throw .handshakeLimited }
        return isProven
    }

    /// The response's parameters and its path count from here on, and the attempt is over. Its index stays allocated.
    private mutating func adopt(_ received: ReceivedResponse, receivedAt: MonotonicTime) {
        path = path.including(received.arrival, claimed: received.parameters.path, at: receivedAt)
        lastParameters = received.parameters
        attempt = nil
        if pendingResponse != nil { pending = nil }
        if incidents.clock?.isByPeer == true { incidents.clock = nil }
    }

    /// Ends the handshake as decided. Returns whether the response's parameters and its path count from here on.
    mutating func conclude(
        _ received: ReceivedResponse, receivedAt: MonotonicTime, _ decision: Decision, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) throws(DropReason) -> Bool {
        guard received.attempt === attempt else { return false }
        if case .refuse = decision, received.isMismatched, activeIndex != nil { throw .unexpectedSource }
        adopt(received, receivedAt: receivedAt)
        let index = received.attempt.index
        switch received.payload.outcome {
        case .refused(let reasons):
            refusedByPeer(reasons, received, now, &context)
        case .accepted(let suite):
            let isRefused = if case .refuse = decision { true } else { false }
            // A refusal goes to the peer's endpoint: the source of the response may lead nowhere.
            let session = newSession(
                index, remote: received.sender, at: isRefused ? parameters.endpoint : received.arrival.source,
                received.secrets, suite, received.parameters, pathState(after: decision, context), now,
                context.settings)
            if case .refuse(let reasons) = decision {
                refuse(reasons, session, now, &context)
                return true
            }
            install(session, received.parameters, after: received.attempt, now, &context)
            // The responder seals only after it has seen this host use the session: by a probe, or by a keepalive.
            if session.pathState == .valid { activate(index, now, &context) } else { validate(index, now, &context) }
            if !context.provesMTU || session.pathState == .valid { context.emit(.command(.sendKeepalive(index))) }
            beginLanes(index, now, &context)
        }
        return true
    }

    private mutating func refusedByPeer(
        _ reasons: [UInt8], _ received: ReceivedResponse, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        context.indices.release(received.attempt.index)
        let ticket = askAboutUnconfirmed(now, &context)
        refuse(reasonsOfPeer: reasons, until: now + TunnelLimits.refusalStandsFor, &context)
        pathTicket = ticket
    }

    /// The peer is alive, and refuses this host before it shows what this host's judgement needs. The tunnel asks for a decision
    /// about what the peer's own initiation said a moment ago, so that people see this host's reasons as well.
    private mutating func askAboutUnconfirmed(_ now: MonotonicTime, _ context: inout TunnelContext) -> Ticket? {
        let unconfirmed = incidents.unconfirmed
        incidents.unconfirmed = nil
        guard let unconfirmed, now.since(unconfirmed.at) < TunnelLimits.refusalStandsFor else { return nil }
        (lastParameters, path) = (unconfirmed.parameters, unconfirmed.path)
        let ticket = context.nextTicket(for: id)
        context.emit(.decide(ticket, id, unconfirmed.parameters, unconfirmed.path))
        return ticket
    }

    /// Refuses what the peer said in its response. The peer has the session's keys: the first and last datagram of the session
    /// carries the reasons.
    private mutating func refuse(
        _ reasons: [UInt8], _ session: NewSession, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        context.emit(.command(.install(session)))
        context.emit(.command(.close(session.index, reasons: reasons)))
        context.emit(.command(.retire(session.index)))
        context.indices.release(session.index)
        refuse(until: now + TunnelLimits.refusalStandsFor, &context)
    }
}
