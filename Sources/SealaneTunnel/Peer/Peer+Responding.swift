import SealaneAEAD
import SealanePacket

/// Handshakes that the peer begins: its initiation, the decision about it, and the response.
extension Peer {
    /// Receives an authentic initiation. If it is new, it waits for a decision.
    ///
    /// The timestamp counts from here on, so that a copy is a replay while the initiation waits. The exception is a message
    /// that did not arrive as it claims: it may itself be the copy, and must not outdate the peer's own, which may still
    /// arrive.
    mutating func receive(
        _ received: ReceivedInitiation, _ now: Now, _ context: inout TunnelContext
    ) throws(DropReason) {
        let timestamp = received.payload.timestamp
        try demandNovelty(of: received, now, &context)
        if received.isMismatched {
            try limitMismatched(timestamp, now.monotonic)
        } else {
            accept(timestamp, now, &context)
        }
        wait(for: .initiation(received), received.parameters, received.arrival, now.monotonic, &context)
    }

    /// An initiation that did not arrive as it claims may be a recorded copy. Each timestamp passes only once.
    private mutating func limitMismatched(_ timestamp: TAI64N, _ now: MonotonicTime) throws(DropReason) {
        if let last = lastMismatch {
            guard timestamp > last.timestamp else { throw .handshakeReplayed }
            guard now.since(last.at) >= TunnelLimits.mismatchInterval else { throw .handshakeLimited }
        }
        lastMismatch = (timestamp, now)
    }

    private mutating func accept(_ timestamp: TAI64N, _ now: Now, _ context: inout TunnelContext) {
        context.timestamps.record(timestamp, of: parameters.publicKey, at: now.wall)
        lastInitiationAccepted = now.monotonic
    }

    /// Responds to the initiation as decided. Returns whether its parameters and its path count from here on.
    mutating func respond(
        to received: ReceivedInitiation, receivedAt: MonotonicTime, _ decision: Decision, _ now: Now,
        _ context: inout TunnelContext
    ) throws(DropReason) -> Bool {
        let observed = path.including(received.arrival, claimed: received.parameters.path, at: receivedAt)
        if case .refuse(let reasons) = decision {
            let response = try response(.refused(reasons: reasons), to: received, as: SessionIndex(0), &context)
            context.emit(.send(response.datagram, to: received.arrival.source))
            // The initiation may be a recording that somebody sent in the peer's name, over any path, so it ends nothing. A
            // handshake of this host does, if the peer says the same in it. Its outcome also reaches the peer if somebody
            // rewrites what travels one way, and this response is lost.
            incidents.unconfirmed = (received.parameters, observed, receivedAt)
            beginOwn(now, &context)
            // Without a session, people see what this host observed. The next handshake observes again.
            guard activeIndex == nil, refusal?.reasonsOfPeer == nil else { return false }
            (lastParameters, path) = (received.parameters, observed)
            return true
        }
        if received.isMismatched { accept(received.payload.timestamp, now, &context) }
        if incidents.clock?.isByPeer == false, received.payload.prompt == nil { incidents.clock = nil }
        guard let suite = received.parameters.suites.first(where: context.settings.suites.contains) else {
            record(refused: .noCommonSuite, from: received.arrival.source, now.monotonic, &context)
            throw .handshakeMalformed
        }
        (lastParameters, path) = (received.parameters, observed)
        do throws(DropReason) {
            try accept(received, suite, decision, now.monotonic, &context)
        } catch {
            context.drops.count(error)
        }
        return true
    }

    /// Gives the session to the lanes, which open datagrams with it from here on, and then answers the peer.
    private mutating func accept(
        _ received: ReceivedInitiation, _ suite: CipherSuite, _ decision: Decision, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) throws(DropReason) {
        let source = received.arrival.source
        guard received.parameters.lanesFit(behind: source) else { throw .handshakeMalformed }
        guard let index = context.allocateIndex(for: id) else { throw .handshakeLimited }
        let datagram: [UInt8]
        let secrets: SessionSecrets
        do throws(DropReason) {
            (datagram, secrets) = try response(.accepted(suite), to: received, as: index, &context)
        } catch {
            context.indices.release(index)
            throw error
        }
        let session = newSession(
            index, remote: received.initiation.sender, at: source, secrets, suite, received.parameters,
            pathState(after: decision, context), now, context.settings)
        install(session, received.parameters, after: nil, now, &context)
        yieldAttempt(now, &context)
        context.emit(.send(datagram, to: source))
    }

    /// Both ends began at once: the one with the lesser key ends its own attempt. Otherwise each would renew a session of its
    /// own from then on. The other end answers nevertheless, in case its own initiation is lost.
    private mutating func yieldAttempt(_ now: MonotonicTime, _ context: inout TunnelContext) {
        guard attempt != nil, hasLesserKey(context), defersUntil == nil else { return }
        endAttempt(&context)
        defersUntil = now + TunnelLimits.retryAfter
    }

    /// Whether this host's public key is the lesser one.
    func hasLesserKey(_ context: borrowing TunnelContext) -> Bool {
        context.privateKey.publicKey.bytes.lexicographicallyPrecedes(parameters.publicKey.bytes)
    }

    /// Writes the response. A refusal does not use the secrets.
    private func response(
        _ outcome: ResponsePayload.Outcome, to received: ReceivedInitiation, as index: SessionIndex,
        _ context: inout TunnelContext
    ) throws(DropReason) -> (datagram: [UInt8], secrets: SessionSecrets) {
        do {
            var own = context.parameters(to: received.arrival.source)
            // After a refusal nobody verifies the credential, and the reasons need the room.
            if case .refused = outcome { own.credential = [] }
            let payload = try ResponsePayload(parameters: own, outcome: outcome).encoded()
            let initiator = received.initiation.sender
            var datagram = HandshakeMessage.responseHead(sender: index, receiver: initiator)
            let key = received.handshake.responseKey()
            let result = try received.handshake.write(
                payload: payload, presharedKey: parameters.presharedKey, to: &datagram, using: &context.random)
            HandshakeMAC.append(to: &datagram, receiver: parameters.publicKey, cookie: key)
            return (datagram, SessionSecrets(ofResponder: result.keys))
        } catch {
            throw .handshakeMalformed
        }
    }
}
