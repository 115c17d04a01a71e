import SealaneAEAD
import SealanePacket

/// The three handshake messages, in the order in which they travel.
extension Tunnel {
    var prologue: [UInt8] { HandshakePayload.prologue(fleet: settings.fleet) }

    // MARK: 1. Initiation

    /// Sends an initiation, the first or another attempt, and waits for its response.
    mutating func initiate(with id: PeerID, firstSentAt: MonotonicTime, carriesCookie: Bool = false, _ now: Now) {
        guard var peer = peers[id], peer.isAdmitted, let index = takeIndex(for: id) else { return }
        if let attempt = peer.attempt { releaseIndex(attempt.index) }
        peer.attempt = nil
        defer { peers[id] = peer }
        let timestamp = max(now.wall, lastTimestamp?.successor ?? now.wall)
        lastTimestamp = timestamp
        let payload = InitiationPayload(
            timestamp: timestamp, statement: settings.statement, laneCount: settings.laneCount,
            interfaceMTU: UInt32(settings.interfaceMTU), suites: settings.suites)
        do {
            var handshake = try NoiseHandshake.initiator(
                privateKey: privateKey, remote: peer.parameters.publicKey,
                presharedKey: peer.parameters.presharedKey, prologue: prologue)
            let noise = try handshake.writeInitiation(payload: payload.encoded(), using: &random)
            let datagram = HandshakeMessage.initiation(
                sender: index, noise: noise, to: peer.parameters.publicKey,
                cookie: peer.cookie.cookie(at: now.monotonic))
            let jitter = Duration.nanoseconds(
                Int64.random(in: 0...TunnelLimits.retryJitter.nanoseconds, using: &random))
            peer.attempt = InitiationAttempt(
                index: index, handshake: handshake, mac1: HandshakeMessage.mac1(of: datagram),
                firstSentAt: firstSentAt, retryAt: now.monotonic + TunnelLimits.retryAfter + jitter,
                carriesCookie: carriesCookie)
            active.insert(id)
            emit(.send(datagram, to: peer.parameters.endpoint))
        } catch {
            releaseIndex(index)
        }
    }
}

extension Tunnel {
    /// A handshake datagram, of whatever worth, from `source`. What is not right is counted and forgotten: a stranger, who
    /// does not know this end's public key, gets no byte back.
    public mutating func handle(
        _ datagram: [UInt8], from source: Endpoint, now: Now, admit: (PeerID, PeerTerms) -> Admission
    ) {
        do {
            switch try HandshakeMessage(parsing: datagram) {
            case .initiation(let initiation):
                try answer(initiation, from: source, now: now, admit: admit)
            case .response(let response):
                try finish(response, from: source, now: now.monotonic, admit: admit)
            case .cookieReply(let reply):
                try take(reply, now)
            }
        } catch let reason as DropReason {
            drops.count(reason)
        } catch {
            drops.count(.handshakeMalformed)
        }
    }

    // MARK: 2. Response

    private mutating func answer(
        _ initiation: HandshakeMessage.Initiation, from source: Endpoint, now: Now,
        admit: (PeerID, PeerTerms) -> Admission
    ) throws(DropReason) {
        guard initiation.hasValidMAC1(for: publicKey) else { throw .handshakeNotAuthentic }
        if load.isHigh(at: now.monotonic) {
            cookies.rotate(at: now.monotonic, using: &random)
            guard initiation.hasValidMAC2(cookies, from: source) else {
                emit(.send(cookies.reply(to: initiation, from: source, using: &random), to: source))
                throw .handshakeLimited
            }
            guard load.allows(source.address, at: now.monotonic) else { throw .handshakeLimited }
        }
    }
}
