import SealaneAEAD
import SealanePacket

/// The three handshake messages, in the order in which they travel.
extension Tunnel {
    private var prologue: [UInt8] { HandshakePayload.prologue(fleet: settings.fleet) }

    private func ownTerms(to destination: Endpoint) -> HandshakeTerms {
        HandshakeTerms(
            statement: settings.statement, credential: settings.credential, laneCount: settings.laneCount,
            interfaceMTU: UInt32(settings.interfaceMTU), suites: settings.suites,
            path: DatagramTuple(source: settings.listen, destination: destination))
    }

    private mutating func agreement(with peer: TunnelPeer) throws(NoiseError) -> StaticAgreement {
        if let agreement = peer.agreement { return agreement }
        let agreement = try StaticAgreement(privateKey, peer.parameters.publicKey)
        peers[peer.parameters.id]?.agreement = agreement
        return agreement
    }

    // MARK: 1. Initiation

    /// Sends an initiation, the first or another attempt, and waits for its response.
    mutating func initiate(with id: PeerID, firstSentAt: MonotonicTime, _ now: Now) {
        guard let peer = peers[id], peer.isAdmitted, let index = takeIndex(for: id) else { return }
        if let attempt = peer.attempt { releaseIndex(attempt.index) }
        peers[id]?.attempt = nil
        let timestamp = max(now.wall, lastTimestamp?.successor ?? now.wall)
        lastTimestamp = timestamp
        do {
            let terms = ownTerms(to: peer.parameters.endpoint)
            let payload = try InitiationPayload(timestamp: timestamp, terms: terms).encoded()
            let agreement = try agreement(with: peer)
            let handshake = try NoiseInitiator(
                privateKey: privateKey, agreement: agreement, prologue: prologue, payload: payload, using: &random)
            var datagram = HandshakeMessage.initiationHead(sender: index, noise: handshake.initiation)
            HandshakeMAC.append(
                to: &datagram, receiver: peer.parameters.publicKey, cookie: peer.cookie.cookie(at: now.monotonic))
            let jitter = Duration.milliseconds(Int.random(in: 0...TunnelLimits.retryJitterMilliseconds, using: &random))
            peers[id]?.attempt = InitiationAttempt(
                index: index, handshake: handshake, mac1: HandshakeMAC.mac1(of: datagram), firstSentAt: firstSentAt,
                retryAt: now.monotonic + TunnelLimits.retryAfter + jitter)
            peers[id]?.noteInitiation(at: now.monotonic)
            active.insert(id)
            emit(.send(datagram, to: peer.parameters.endpoint))
        } catch {
            releaseIndex(index)
            emit(.event(.cannotInitiate(id, why: "\(error)")))
        }
    }

    /// A handshake datagram, of whatever worth. What is not right is counted and forgotten: a stranger, who
    /// does not know this end's public key, gets no byte back.
    mutating func handle(
        handshake datagram: [UInt8], _ arrival: Arrival, _ now: Now,
        _ admit: (PeerID, PeerTerms, PathSightings) -> Admission
    ) {
        do throws(DropReason) {
            switch try HandshakeMessage(parsing: datagram) {
            case .initiation(let initiation): try answer(initiation, arrival, now, admit)
            case .response(let response): try finish(response, arrival, now.monotonic, admit)
            case .cookieReply(let reply): try take(reply, from: arrival.source, now)
            }
        } catch {
            drops.count(error)
        }
    }

    // MARK: 2. Response

    private mutating func answer(
        _ initiation: HandshakeMessage.Initiation, _ arrival: Arrival, _ now: Now,
        _ admit: (PeerID, PeerTerms, PathSightings) -> Admission
    ) throws(DropReason) {
        guard HandshakeMAC.hasValidMAC1(initiation.datagram, receiver: publicKey) else { throw .handshakeNotAuthentic }
        try demandCookieUnderLoad(of: initiation, from: arrival.source, now.monotonic)
        var handshake: NoiseResponder
        do throws(NoiseError) {
            handshake = try NoiseResponder(privateKey: privateKey, prologue: prologue, initiation: initiation.noise)
        } catch {
            throw .handshakeNotAuthentic
        }
        guard let id = peerByKey[handshake.remote], let peer = peers[id] else { throw .unknownPeer }
        let payload = try readPayload(of: &handshake, from: peer)
        let terms = payload.terms
        let isDetour = terms.path != arrival.tuple
        // What comes as it says it does, and not from where the peer is, is an address that changed: endpoints do not roam.
        guard isDetour || arrival.source == peer.parameters.endpoint else { throw .unexpectedSource }
        if let greatest = peer.greatestTimestamp, payload.timestamp <= greatest { throw .handshakeReplayed }
        if let last = peer.lastInitiationAccepted, now.monotonic.since(last) < TunnelLimits.initiationInterval {
            throw .handshakeLimited
        }
        if isDetour { try hearDetour(payload.timestamp, of: peer, now.monotonic) }
        var path = peer.path
        path.note(arrival, claimed: terms.path, at: now.monotonic)
        let admission = admit(id, PeerTerms(terms), path)
        if case .refused(let reasons) = admission {
            // A copy that somebody sends from elsewhere does not outdate the peer's own, which may be under way still.
            if !isDetour { noteAccepted(payload.timestamp, of: id, now.monotonic) }
            let response = try respond(
                .refused(reasons: reasons), to: initiation, as: SessionIndex(0), &handshake, peer, arrival)
            emit(.send(response.datagram, to: arrival.source))
            if peer.sealing == nil, peer.attempt == nil {
                peers[id]?.terms = PeerTerms(terms)
                peers[id]?.path = path
                refuse(id, until: now.monotonic + TunnelLimits.refusalStandsFor)
            } else if peer.attempt == nil {
                // What stands was admitted, and this may be an initiation recorded long before it, which an agent that has
                // restarted cannot tell. A handshake of its own can: it ends what stands, if the peer is what it says here.
                initiate(with: id, firstSentAt: now.monotonic, now)
            }
            return
        }
        noteAccepted(payload.timestamp, of: id, now.monotonic)
        guard let suite = terms.suites.first(where: settings.suites.contains) else { throw .handshakeMalformed }
        peers[id]?.terms = PeerTerms(terms)
        peers[id]?.path = path
        try accept(initiation, suite, terms, &handshake, peer, arrival, standing(after: admission, id), now.monotonic)
    }

    /// An initiation that did not come as it says. It may be a recorded copy, which whoever sends it has no second time.
    private mutating func hearDetour(
        _ timestamp: TAI64N, of peer: TunnelPeer, _ now: MonotonicTime
    ) throws(DropReason) {
        if let last = peer.lastDetour {
            guard timestamp > last.timestamp else { throw .handshakeReplayed }
            guard now.since(last.at) >= TunnelLimits.detourInterval else { throw .handshakeLimited }
        }
        peers[peer.parameters.id]?.lastDetour = (timestamp, now)
    }

    private mutating func noteAccepted(_ timestamp: TAI64N, of id: PeerID, _ now: MonotonicTime) {
        peers[id]?.greatestTimestamp = timestamp
        peers[id]?.lastInitiationAccepted = now
    }

    private func standing(after admission: Admission, _ id: PeerID) -> SessionStanding {
        guard let peer = peers[id] else { return .onTrial }
        if admission == .onTrial || peer.mustTryLanes { return .onTrialAfterFailure }
        // A session that replaces another carries packets once its lanes are tried, so that none changes its way for nothing.
        let replaces = settings.laneCount > 1 && peer.sealing != nil
        return provesMTU || replaces ? .onTrial : .proven
    }

    /// Under load, before any Diffie-Hellman: who cannot show a cookie is handed one, who can is held to its share.
    private mutating func demandCookieUnderLoad(
        of initiation: HandshakeMessage.Initiation, from source: Endpoint, _ now: MonotonicTime
    ) throws(DropReason) {
        guard load.isHigh(at: now) else { return }
        cookies.rotate(at: now, using: &random)
        guard HandshakeMAC.hasValidMAC2(initiation.datagram, cookie: cookies.cookie(for: source)) else {
            emit(.send(cookies.reply(to: initiation, from: source, using: &random), to: source))
            throw .handshakeLimited
        }
        guard load.allows(source.address, at: now) else { throw .handshakeLimited }
    }

    private mutating func readPayload(
        of handshake: inout NoiseResponder, from peer: TunnelPeer
    ) throws(DropReason) -> InitiationPayload {
        let bytes: [UInt8]
        do throws(NoiseError) {
            bytes = try handshake.readPayload(try agreement(with: peer))
        } catch {
            throw .handshakeNotAuthentic
        }
        do throws(PayloadError) { return try InitiationPayload(decoding: bytes) } catch { throw DropReason(error) }
    }

    /// Hands the session to the lanes, which open with it from here on, and then tells the peer.
    private mutating func accept(
        _ initiation: HandshakeMessage.Initiation, _ suite: CipherSuite, _ terms: HandshakeTerms,
        _ handshake: inout NoiseResponder, _ peer: TunnelPeer, _ arrival: Arrival, _ standing: SessionStanding,
        _ now: MonotonicTime
    ) throws(DropReason) {
        let id = peer.parameters.id
        guard terms.lanesFit(behind: arrival.source) else { throw .handshakeMalformed }
        guard let index = takeIndex(for: id) else { throw .handshakeLimited }
        let datagram: [UInt8]
        let secrets: SessionSecrets
        do throws(DropReason) {
            (datagram, secrets) = try respond(.accepted(suite), to: initiation, as: index, &handshake, peer, arrival)
        } catch {
            releaseIndex(index)
            throw error
        }
        let grant = grant(
            index, remote: initiation.sender, at: arrival.source, secrets, suite, terms, peer, standing, now)
        open(record(grant, terms, isInitiator: false, now), of: id, now)
        yieldAttempt(to: handshake.remote, id, now)
        emit(.send(datagram, to: arrival.source))
    }

    /// Both ends have begun at once: the one of the lesser key lets go of its own attempt, or each would from then on
    /// renew a session of its own. The other answers all the same, in case its own initiation is lost.
    private mutating func yieldAttempt(to remote: PublicKey, _ id: PeerID, _ now: MonotonicTime) {
        guard let attempt = peers[id]?.attempt, publicKey.bytes.lexicographicallyPrecedes(remote.bytes),
            peers[id]?.defersUntil == nil
        else { return }
        releaseIndex(attempt.index)
        peers[id]?.attempt = nil
        peers[id]?.defersUntil = now + TunnelLimits.retryAfter
    }

    /// Writes the response. Its secrets are for nothing if the outcome is a refusal.
    private mutating func respond(
        _ outcome: ResponsePayload.Outcome, to initiation: HandshakeMessage.Initiation, as index: SessionIndex,
        _ handshake: inout NoiseResponder, _ peer: TunnelPeer, _ arrival: Arrival
    ) throws(DropReason) -> (datagram: [UInt8], secrets: SessionSecrets) {
        do {
            var terms = ownTerms(to: arrival.source)
            // It proves what nobody judges after a refusal, and the reasons need the room.
            if case .refused = outcome { terms.credential = [] }
            let payload = try ResponsePayload(terms: terms, outcome: outcome).encoded()
            var datagram = HandshakeMessage.responseHead(sender: index, receiver: initiation.sender)
            let result = try handshake.write(
                payload: payload, presharedKey: peer.parameters.presharedKey, to: &datagram, using: &random)
            HandshakeMAC.append(to: &datagram, receiver: handshake.remote, cookie: nil)
            return (datagram, SessionSecrets(ofResponder: result.keys))
        } catch {
            throw .handshakeMalformed
        }
    }

    // MARK: The end of the handshake

    private mutating func finish(
        _ response: HandshakeMessage.Response, _ arrival: Arrival, _ now: MonotonicTime,
        _ admit: (PeerID, PeerTerms, PathSightings) -> Admission
    ) throws(DropReason) {
        guard HandshakeMAC.hasValidMAC1(response.datagram, receiver: publicKey) else { throw .handshakeNotAuthentic }
        guard let id = peerByIndex[response.receiver], let peer = peers[id], let attempt = peer.attempt,
            attempt.index == response.receiver
        else { throw .handshakeUnexpected }
        let (payload, secrets) = try read(response, attempt, peer)
        let isDetour = payload.terms.path != arrival.tuple
        guard isDetour || arrival.source == peer.parameters.endpoint else { throw .unexpectedSource }
        var path = peer.path
        path.note(arrival, claimed: payload.terms.path, at: now)
        // It may be a copy that somebody sends from elsewhere, or an answer to one: that does not end what stands. If the path
        // has changed, the next datagram of the session that stands says so.
        if isDetour, peer.sealing != nil, case .refused = admit(id, PeerTerms(payload.terms), path) {
            throw .unexpectedSource
        }
        peers[id]?.terms = PeerTerms(payload.terms)
        peers[id]?.path = path
        peers[id]?.attempt = nil

        switch payload.outcome {
        case .refused(let reasons):
            releaseIndex(attempt.index)
            refuse(id, reasonsOfPeer: reasons, until: now + TunnelLimits.refusalStandsFor)
        case .accepted(let suite):
            guard settings.suites.contains(suite), payload.terms.lanesFit(behind: arrival.source) else {
                releaseIndex(attempt.index)
                throw .handshakeMalformed
            }
            let admission = admit(id, PeerTerms(payload.terms), path)
            if case .refused = admission {
                releaseIndex(attempt.index)
                refuse(id, until: now + TunnelLimits.refusalStandsFor)
                return
            }
            let grant = grant(
                attempt.index, remote: response.sender, at: arrival.source, secrets, suite, payload.terms, peer,
                standing(after: admission, id), now)
            open(record(grant, payload.terms, isInitiator: true, now), of: id, now)
            // The responder seals only once it has seen this end use the session: by a probe, or by a keepalive.
            if grant.standing == .proven {
                seal(with: attempt.index, of: id, now)
            } else {
                prove(attempt.index, of: id, now)
            }
            if !provesMTU || grant.standing == .proven { emit(.command(.sendKeepalive(attempt.index))) }
            beginLanes(attempt.index, of: id, now)
        }
    }

    private func read(
        _ response: HandshakeMessage.Response, _ attempt: InitiationAttempt, _ peer: TunnelPeer
    ) throws(DropReason) -> (ResponsePayload, SessionSecrets) {
        let payload: [UInt8]
        let secrets: SessionSecrets
        do throws(NoiseError) {
            let result = try attempt.handshake.read(
                response: response.noise, privateKey: privateKey, presharedKey: peer.parameters.presharedKey)
            payload = result.payload
            secrets = SessionSecrets(ofInitiator: result.keys)
        } catch {
            throw .handshakeNotAuthentic
        }
        do throws(PayloadError) {
            return (try ResponsePayload(decoding: payload), secrets)
        } catch {
            throw DropReason(error)
        }
    }

    // MARK: 3. Cookie reply

    /// The responder is under load: the initiation goes out once more, with the cookie.
    private mutating func take(
        _ reply: HandshakeMessage.CookieReply, from source: Endpoint, _ now: Now
    ) throws(DropReason) {
        guard let id = peerByIndex[reply.receiver], var peer = peers[id], let attempt = peer.attempt,
            attempt.index == reply.receiver
        else { throw .handshakeUnexpected }
        guard source == peer.parameters.endpoint else { throw .unexpectedSource }
        let isFirst = peer.cookie.cookie(at: now.monotonic) == nil
        guard
            peer.cookie.take(
                reply, mac1: attempt.mac1, responder: peer.parameters.publicKey, at: now.monotonic)
        else { throw .handshakeNotAuthentic }
        peers[id] = peer
        // One that already carried a cookie waits for its timer: two ends under load must not chase each other.
        if isFirst { initiate(with: id, firstSentAt: attempt.firstSentAt, now) }
    }

    // MARK: Sessions

    private func grant(
        _ index: SessionIndex, remote: SessionIndex, at endpoint: Endpoint, _ secrets: SessionSecrets,
        _ suite: CipherSuite, _ terms: HandshakeTerms, _ peer: TunnelPeer, _ standing: SessionStanding,
        _ now: MonotonicTime
    ) -> SessionGrant {
        SessionGrant(
            index: index, remoteIndex: remote, peer: peer.parameters.id, secrets: secrets, suite: suite,
            createdAt: now, remote: endpoint, remoteLaneCount: terms.laneCount, local: settings.listen,
            packetByteLimit: Self.packetByteLimit(
                mtu: min(settings.interfaceMTU, Int(terms.interfaceMTU)), overIPv4: endpoint.address.isIPv4),
            standing: standing)
    }

    /// Of packets for a path that carries `mtu` bytes.
    static func packetByteLimit(mtu: Int, overIPv4: Bool) -> Int {
        max(mtu - TunnelLimits.overhead(overIPv4: overIPv4), TunnelLimits.leastPacketByteCount)
    }

    private func record(
        _ grant: SessionGrant, _ terms: HandshakeTerms, isInitiator: Bool, _ now: MonotonicTime
    ) -> SessionRecord {
        let lanes = LaneChecks(laneCount: settings.laneCount, before: peers[grant.peer]?.lanes, at: now)
        return SessionRecord(grant: grant, terms, lanes: lanes, createdAt: now, isInitiator: isInitiator)
    }

    private mutating func open(_ session: SessionRecord, of id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id] else { return }
        peer.sessions.append(session)
        if peer.sessions.count > TunnelPeer.sessionLimit,
            let oldest = peer.sessions.first(where: { $0.grant.index != peer.sealing })
        {
            retire(oldest, &peer)
        }
        // An initiation may have been recorded by somebody: the peer itself is heard when it uses the session.
        if session.isInitiator { peer.noteHandshake(at: now) }
        // Nothing speaks against the peer any more: its packets wait until the path is proven.
        let isObstructed = peer.refusal != nil && session.grant.standing == .onTrial
        peer.refusal = nil
        if session.grant.standing == .proven { peer.path.detour = nil }
        peers[id] = peer
        active.insert(id)
        emit(.command(.open(session.grant)))
        if isObstructed { emit(.command(.obstruct(id, nil))) }
    }

    mutating func seal(with index: SessionIndex, of id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id], let at = peer.sessions.firstIndex(where: { $0.grant.index == index }) else {
            return
        }
        if peer.sealing != index { peer.sessionCount += 1 }
        peer.sealing = index
        peer.sessions[at].isEstablished = true
        peer.defersUntil = nil
        peer.isWanted = false
        peer.isUnreachable = false
        peer.refusal = nil
        peer.mustTryLanes = false
        let session = peer.sessions[at]
        peers[id] = peer
        emit(.command(.seal(index)))
        emit(.event(.established(id, index, suite: session.grant.suite, initiator: session.isInitiator)))
    }

    /// A refusal in a handshake, of this end or of the peer, ends what stands between the two. It is asked about anew when
    /// a packet comes after `until`.
    mutating func refuse(_ id: PeerID, reasonsOfPeer: [UInt8]? = nil, until: MonotonicTime) {
        endSessions(of: id)
        peers[id]?.refusal = TunnelPeer.Refusal(reasonsOfPeer: reasonsOfPeer, until: until)
        peers[id]?.isUnreachable = false
        // The peer was heard: it was refused, or refuses.
        peers[id]?.unanswered = nil
        emit(.command(.obstruct(id, .refused)))
        if let reasonsOfPeer {
            emit(.event(.refusedByPeer(id, reasons: reasonsOfPeer)))
        } else {
            emit(.event(.refused(id)))
        }
    }
}

extension DropReason {
    fileprivate init(_ error: PayloadError) {
        if case .unsupportedVersion = error { self = .unsupportedVersion } else { self = .handshakeMalformed }
    }
}

extension HandshakeTerms {
    /// Whether there is a port for each lane, from that of lane 0 on.
    fileprivate func lanesFit(behind endpoint: Endpoint) -> Bool {
        Int(endpoint.port) + Int(laneCount) <= 65_536
    }
}

extension PeerTerms {
    fileprivate init(_ terms: HandshakeTerms) {
        self.init(
            statement: terms.statement, credential: terms.credential, interfaceMTU: Int(terms.interfaceMTU))
    }
}
