import SealaneAEAD
import SealanePacket

/// Which peer an event of a lane or a handshake message concerns.
extension Tunnel {
    package mutating func handle(_ event: LaneEvent, now: Now) {
        switch event {
        case .sessionWanted(let id):
            wantSession(with: id, now)
        case .confirmed(let index):
            guard let id = context.indices.peer(of: index) else { return }
            peers[id]?.confirm(index, now.monotonic, &context)
        case .unknownSession(let source):
            guard let id = peer(withLaneAt: source) else { return }
            peers[id]?.respondToUnknownSession(now, &context)
        case .blockLimitNear(let index):
            guard let id = context.indices.peer(of: index) else { return }
            peers[id]?.replaceSoon(index, now, &context)
        case .handshake(let datagram, let arrival):
            receive(handshake: datagram, arrival, now)
        case .mismatch(let index, let lane, let arrival):
            guard let id = context.indices.peer(of: index) else { return }
            peers[id]?.record(mismatch: arrival, ofLane: lane, index, now.monotonic, &context)
        case .probeAnswered(let index, let number, let greatest):
            guard let id = context.indices.peer(of: index) else { return }
            if number < LaneChecks.firstNumber {
                peers[id]?.record(answerTo: number, greatest: greatest, index, now.monotonic, &context)
            } else {
                peers[id]?.record(laneAnswerTo: number, index, now.monotonic, &context)
            }
        case .probed(let index, let lane, let byteCount):
            guard let id = context.indices.peer(of: index) else { return }
            peers[id]?.record(probeOfLane: lane, byteCount, index, now.monotonic, &context)
        case .closed(let index, let reasons):
            guard let id = context.indices.peer(of: index) else { return }
            peers[id]?.closedByPeer(reasons, now.monotonic, &context)
        case .report(let report):
            record(report)
        case .ended(let activity):
            guard peers.isUsed(activity.peer) else { return }
            peers[activity.peer]?.record(final: activity)
        }
    }

    /// Records what a lane did since its last report.
    public mutating func record(_ report: LaneReport) {
        for activity in report.sessions where peers.isUsed(activity.peer) {
            peers[activity.peer]?.record(activity, ofLane: report.lane)
        }
    }

    private func peer(withLaneAt endpoint: Endpoint) -> PeerID? {
        for lane in 0...min(endpoint.port, UInt16(UInt8.max)) {
            let first = Endpoint(address: endpoint.address, port: endpoint.port - lane)
            if let id = peerByEndpoint[first] { return id }
        }
        return nil
    }

    // MARK: Handshake messages

    /// Receives a handshake datagram of any kind and worth. Counts and forgets what is wrong: a stranger, who does not know this
    /// host's public key, gets no byte back.
    private mutating func receive(handshake datagram: [UInt8], _ arrival: Arrival, _ now: Now) {
        do throws(DropReason) {
            switch try HandshakeMessage(parsing: datagram) {
            case .initiation(let initiation):
                try receive(initiation, arrival, now)
            case .response(let response):
                guard let id = context.indices.peer(of: response.receiver) else { throw .handshakeUnexpected }
                try peers[id]?.receive(response, arrival, now, &context)
            case .cookieReply(let reply):
                guard let id = context.indices.peer(of: reply.receiver) else { throw .handshakeUnexpected }
                try peers[id]?.receive(reply, from: arrival.source, now, &context)
            }
        } catch {
            context.drops.count(error)
        }
    }

    /// Checks of an initiation, the cheapest first: mac1, load and cookie, the sender's key, the tag, the source. What passes
    /// goes to its peer.
    private mutating func receive(
        _ initiation: HandshakeMessage.Initiation, _ arrival: Arrival, _ now: Now
    ) throws(DropReason) {
        guard HandshakeMAC.hasValidMAC1(initiation.datagram, key: context.mac1Key) else {
            recordUnproven(.otherReceiver, from: arrival.source, now.monotonic)
            throw .handshakeNotAuthentic
        }
        try demandCookieUnderLoad(of: initiation, from: arrival.source, now.monotonic)
        var handshake: NoiseResponder
        do throws(NoiseError) {
            handshake = try NoiseResponder(
                privateKey: context.privateKey, prologue: context.prologue, initiation: initiation.noise)
        } catch {
            // The sender knows this host's public key. Only the prologue is mixed in together with that key.
            if error == .notAuthentic { recordUnproven(.otherFleet, from: arrival.source, now.monotonic) }
            throw .handshakeNotAuthentic
        }
        guard let id = peerByKey[handshake.remote], let peer = peers.parameters(of: id) else {
            recordUnknown(handshake.remote, from: arrival.source, now.monotonic)
            throw .unknownPeer
        }
        let payload: InitiationPayload
        do throws(DropReason) {
            payload = try readPayload(of: &handshake, from: id)
        } catch {
            if error == .unsupportedVersion {
                peers[id]?.record(refused: .unsupportedVersion, from: arrival.source, now.monotonic, &context)
            }
            throw error
        }
        // If the claimed path matches and the source is not the peer's endpoint, the peer's address changed: endpoints do not
        // roam.
        guard payload.parameters.path != arrival.tuple || arrival.source == peer.endpoint else {
            recordUnexpectedSource(arrival.source, of: peer, payload.timestamp, now)
            throw .unexpectedSource
        }
        let received = ReceivedInitiation(initiation, handshake: handshake, payload, arrival)
        try peers[id]?.receive(received, now, &context)
    }

    private mutating func readPayload(
        of handshake: inout NoiseResponder, from id: PeerID
    ) throws(DropReason) -> InitiationPayload {
        let bytes: [UInt8]
        do throws(NoiseError) {
            guard let agreement = try peers[id]?.agreement(with: context.privateKey) else { throw .notAuthentic }
            bytes = try handshake.readPayload(agreement)
        } catch {
            throw .handshakeNotAuthentic
        }
        do throws(HandshakePayloadError) {
            return try InitiationPayload(decoding: bytes)
        } catch {
            throw DropReason(error)
        }
    }

    /// Under load, and before any Diffie-Hellman: a sender without a cookie gets one, and a sender with one is held to its share.
    private mutating func demandCookieUnderLoad(
        of initiation: HandshakeMessage.Initiation, from source: Endpoint, _ now: MonotonicTime
    ) throws(DropReason) {
        guard context.load.isHigh(at: now) else { return }
        cookies.rotate(at: now, using: &context.random)
        guard HandshakeMAC.hasValidMAC2(initiation.datagram, cookie: cookies.cookie(for: source)) else {
            let reply = cookies.reply(to: initiation, from: source, using: &context.random)
            context.emit(.send(reply, to: source))
            throw .handshakeLimited
        }
        guard context.load.allows(source, isPeer: peerByEndpoint[source] != nil, at: now) else {
            throw .handshakeLimited
        }
    }
}

extension DropReason {
    init(_ error: HandshakePayloadError) {
        if case .unsupportedVersion = error { self = .unsupportedVersion } else { self = .handshakeMalformed }
    }
}
