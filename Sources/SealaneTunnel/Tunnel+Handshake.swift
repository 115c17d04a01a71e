import SealaneAEAD
import SealanePacket

/// The three handshake messages, in the order in which they travel.
extension Tunnel {
    private var prologue: [UInt8] { HandshakePayload.prologue(fleet: settings.fleet) }

    private func ownTerms(to destination: Endpoint) -> HandshakeTerms {
        HandshakeTerms(
            statement: settings.statement, credential: settings.credential, laneCount: settings.laneCount,
            interfaceMTU: UInt32(settings.interfaceMTU), suites: settings.suites,
            path: FourTuple(source: settings.listen, destination: destination))
    }

    private mutating func agreement(with peer: TunnelPeer) throws(NoiseError) -> StaticAgreement {
        if let agreement = peer.agreement { return agreement }
        let agreement = try StaticAgreement(privateKey, peer.parameters.publicKey)
        peers[peer.parameters.id]?.agreement = agreement
        return agreement
    }

    // MARK: 1. Initiation

    /// Sends an initiation, the first or another attempt, and waits for its response.
    ///
    /// - Parameters:
    ///   - prompt: the peer's initiation that was not accepted for its timestamp, if one brought this about.
    ///   - number: how many initiations the attempt has sent, this one included.
    ///   - isOwnIdea: whether no packet and no session asks for it.
    mutating func initiate(
        with id: PeerID, firstSentAt: MonotonicTime, number: Int = 1, prompt: HandshakePrompt? = nil,
        isOwnIdea: Bool = false, _ now: Now
    ) {
        guard let peer = peers[id], peer.isAdmitted, let index = takeIndex(for: id) else { return }
        let earlierMACs = peer.attempt?.macsSoFar ?? []
        if let attempt = peer.attempt { releaseIndex(attempt.index) }
        peers[id]?.attempt = nil
        let timestamp = nextTimestamp(now.wall)
        do {
            let terms = ownTerms(to: peer.parameters.endpoint)
            let payload = try Self.payload(timestamp, terms, prompt)
            let agreement = try agreement(with: peer)
            let handshake = try NoiseInitiator(
                privateKey: privateKey, agreement: agreement, prologue: prologue, payload: payload, using: &random)
            var datagram = HandshakeMessage.initiationHead(sender: index, noise: handshake.initiation)
            HandshakeMAC.append(
                to: &datagram, receiver: peer.parameters.publicKey, cookie: peer.cookie.cookie(at: now.monotonic))
            let delay = TunnelLimits.retryDelay(afterInitiation: number)
            let jitter = delay / TunnelLimits.retryJitterDivisor * Double.random(in: 0...1, using: &random)
            peers[id]?.attempt = InitiationAttempt(
                index: index, handshake: handshake, mac1: HandshakeMAC.mac1(of: datagram), earlierMACs: earlierMACs,
                timestamp: timestamp, prompt: prompt, isOwnIdea: isOwnIdea, firstSentAt: firstSentAt, number: number,
                retryAt: now.monotonic + delay + jitter)
            peers[id]?.noteInitiation(at: now.monotonic)
            active.insert(id)
            emit(.send(datagram, to: peer.parameters.endpoint))
        } catch {
            releaseIndex(index)
            emit(.event(.cannotInitiate(id, why: "\(error)")))
        }
    }

    /// Sends another initiation for the same purpose.
    mutating func initiateAgain(with id: PeerID, after attempt: InitiationAttempt, _ now: Now) {
        initiate(
            with: id, firstSentAt: attempt.firstSentAt, number: attempt.number + 1, prompt: attempt.prompt,
            isOwnIdea: attempt.isOwnIdea, now)
    }

    /// What a long credential leaves no room for is left out: the prompt helps only where both clocks are wrong.
    private static func payload(
        _ timestamp: TAI64N, _ terms: HandshakeTerms, _ prompt: HandshakePrompt?
    ) throws(PayloadError) -> [UInt8] {
        do throws(PayloadError) {
            return try InitiationPayload(timestamp: timestamp, terms: terms, prompt: prompt).encoded()
        } catch .tooLarge where prompt != nil {
            return try InitiationPayload(timestamp: timestamp, terms: terms).encoded()
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
        guard HandshakeMAC.hasValidMAC1(initiation.datagram, key: mac1Key) else {
            noteUnproven(.otherReceiver, from: arrival.source, now.monotonic)
            throw .handshakeNotAuthentic
        }
        try demandCookieUnderLoad(of: initiation, from: arrival.source, now.monotonic)
        var handshake: NoiseResponder
        do throws(NoiseError) {
            handshake = try NoiseResponder(privateKey: privateKey, prologue: prologue, initiation: initiation.noise)
        } catch {
            // Its sender has this end's public key right, and with that key nothing but the prologue is mixed in.
            if error == .notAuthentic { noteUnproven(.otherFleet, from: arrival.source, now.monotonic) }
            throw .handshakeNotAuthentic
        }
        guard let id = peerByKey[handshake.remote], let peer = peers[id] else {
            noteUnknown(handshake.remote, from: arrival.source, now.monotonic)
            throw .unknownPeer
        }
        let payload: InitiationPayload
        do throws(DropReason) {
            payload = try readPayload(of: &handshake, from: peer)
        } catch {
            if error == .unsupportedVersion {
                noteRefused(.unsupportedVersion, from: arrival.source, of: id, now.monotonic)
            }
            throw error
        }
        let terms = payload.terms
        let isDetour = terms.path != arrival.tuple
        // What comes as it says it does, and not from where the peer is, is an address that changed: endpoints do not roam.
        guard isDetour || arrival.source == peer.parameters.endpoint else {
            noteUnexpectedSource(arrival.source, of: peer.parameters, payload.timestamp, now)
            throw .unexpectedSource
        }
        try demandNovelty(of: initiation, payload, id, arrival, now)
        if isDetour { try hearDetour(payload.timestamp, of: peer, now.monotonic) }
        var path = peer.path
        path.note(arrival, claimed: terms.path, at: now.monotonic)
        let admission = admit(id, PeerTerms(terms), path)
        if case .refused(let reasons) = admission {
            // A copy that somebody sends from elsewhere does not outdate the peer's own, which may be under way still.
            if !isDetour { noteAccepted(payload.timestamp, of: id, now) }
            let response = try respond(
                .refused(reasons: reasons), to: initiation, as: SessionIndex(0), &handshake, peer, arrival)
            emit(.send(response.datagram, to: arrival.source))
            // This may be a recording, which somebody has sent in the peer's name and over whatever path: it refuses nothing. A
            // handshake of this end's own does, if the peer is what it says here. Its outcome reaches the peer as well where
            // this response does not, because somebody rewrites what travels the one way.
            peers[id]?.incidents.unconfirmed = (PeerTerms(terms), path, now.monotonic)
            beginOwn(with: id, now)
            // While no session stands, people are told what was seen. It decides nothing: the next handshake looks again.
            if peer.sealing == nil, peer.refusal?.reasonsOfPeer == nil {
                peers[id]?.terms = PeerTerms(terms)
                peers[id]?.path = path
            }
            return
        }
        noteAccepted(payload.timestamp, of: id, now)
        if peers[id]?.incidents.clock?.isByPeer == false, payload.prompt == nil { peers[id]?.incidents.clock = nil }
        guard let suite = terms.suites.first(where: settings.suites.contains) else {
            noteRefused(.noCommonSuite, from: arrival.source, of: id, now.monotonic)
            throw .handshakeMalformed
        }
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

    private mutating func noteAccepted(_ timestamp: TAI64N, of id: PeerID, _ now: Now) {
        guard let key = peers[id]?.parameters.publicKey else { return }
        noteTimestamp(timestamp, of: key, now)
        peers[id]?.lastInitiationAccepted = now.monotonic
    }

    func standing(after admission: Admission, _ id: PeerID) -> SessionStanding {
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
        guard load.allows(source, isPeer: peerByEndpoint[source] != nil, at: now) else { throw .handshakeLimited }
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
            let key = handshake.responseKey()
            let result = try handshake.write(
                payload: payload, presharedKey: peer.parameters.presharedKey, to: &datagram, using: &random)
            HandshakeMAC.append(to: &datagram, receiver: handshake.remote, cookie: key)
            return (datagram, SessionSecrets(ofResponder: result.keys))
        } catch {
            throw .handshakeMalformed
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
        if isFirst { initiateAgain(with: id, after: attempt, now) }
    }

    // MARK: Sessions

    func grant(
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

    func record(
        _ grant: SessionGrant, _ terms: HandshakeTerms, isInitiator: Bool, _ now: MonotonicTime
    ) -> SessionRecord {
        let lanes = LaneChecks(laneCount: settings.laneCount, before: peers[grant.peer]?.lanes, at: now)
        return SessionRecord(grant: grant, terms, lanes: lanes, createdAt: now, isInitiator: isInitiator)
    }

    mutating func open(_ session: SessionRecord, of id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id] else { return }
        peer.sessions.append(session)
        if peer.sessions.count > TunnelPeer.sessionLimit,
            let oldest = peer.sessions.first(where: { $0.grant.index != peer.sealing })
        {
            retire(oldest, &peer)
        }
        // An initiation may have been recorded by somebody: the peer itself is heard when it uses the session.
        if session.isInitiator { peer.noteHandshake(at: now) }
        // An initiation that nothing confirms yet does not undo what the peer has just answered: it may be about to say so again.
        let isStanding = peer.refusal.map { $0.reasonsOfPeer != nil && now < $0.until } ?? false
        let staysRefused = isStanding && !session.isInitiator
        // Or else nothing speaks against the peer any more: its packets wait until the path is proven.
        let isObstructed = peer.refusal != nil && session.grant.standing == .onTrial && !staysRefused
        if !staysRefused { peer.refusal = nil }
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
        // The peer's initiation has brought about what this end's was for.
        if let attempt = peer.attempt, !session.isInitiator, attempt.firstSentAt <= session.createdAt {
            releaseIndex(attempt.index)
            peer.attempt = nil
        }
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
    init(_ error: PayloadError) {
        if case .unsupportedVersion = error { self = .unsupportedVersion } else { self = .handshakeMalformed }
    }
}

extension HandshakeTerms {
    /// Whether there is a port for each lane, from that of lane 0 on.
    func lanesFit(behind endpoint: Endpoint) -> Bool {
        Int(endpoint.port) + Int(laneCount) <= 65_536
    }
}

extension PeerTerms {
    init(_ terms: HandshakeTerms) {
        self.init(
            statement: terms.statement, credential: terms.credential, interfaceMTU: Int(terms.interfaceMTU))
    }
}
