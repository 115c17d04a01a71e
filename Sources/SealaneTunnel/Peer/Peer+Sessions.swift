import SealaneAEAD
import SealanePacket

/// The life of a session: install, confirm, activate.
extension Peer {
    func newSession(
        _ index: SessionIndex, remote: SessionIndex, at endpoint: Endpoint, _ secrets: SessionSecrets,
        _ suite: CipherSuite, _ handshake: HandshakeParameters, _ pathState: PathState, _ now: MonotonicTime,
        _ settings: Tunnel.Settings
    ) -> NewSession {
        NewSession(
            index: index, remoteIndex: remote, peer: id, secrets: secrets, suite: suite, createdAt: now,
            remote: endpoint, remoteLaneCount: handshake.laneCount, local: settings.listen,
            packetByteLimit: Session.packetByteLimit(
                mtu: min(settings.interfaceMTU, Int(handshake.interfaceMTU)), overIPv4: endpoint.address.isIPv4),
            pathState: pathState)
    }

    /// From here on lanes open datagrams of the session.
    ///
    /// - Parameter attempt: the attempt that led to the session. Nil: the peer began the handshake.
    mutating func install(
        _ new: NewSession, _ handshake: HandshakeParameters, after attempt: InitiationAttempt?, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) {
        let isInitiator = attempt != nil
        let checks = LaneChecks(laneCount: context.settings.laneCount, before: lanes, at: now)
        var session = Session(
            new, interfaceMTUOfPeer: Int(handshake.interfaceMTU), lanes: checks, isInitiator: isInitiator)
        session.replaceAt = attempt?.replaceSessionAt
        sessions.append(session)
        if sessions.count > Self.sessionLimit, let oldest = sessions.first(where: { $0.index != activeIndex }) {
            retire(oldest.index, &context)
        }
        // An initiation may be a recording: the peer shows that it is alive when it uses the session.
        if isInitiator { recordHandshake(at: now) }
        // An unconfirmed initiation does not lift the peer's own refusal: the peer may be about to repeat it.
        let isRefusedByPeer = refusal.map { $0.reasonsOfPeer != nil && now < $0.until } ?? false
        let staysRefused = isRefusedByPeer && !isInitiator
        // Otherwise packets wait until the path is validated.
        let isBlocked = refusal != nil && new.pathState == .validating && !staysRefused
        if !staysRefused { refusal = nil }
        if new.pathState == .valid { path.mismatch = nil }
        context.active.insert(id)
        context.emit(.command(.install(new)))
        if isBlocked { context.emit(.command(.block(id, nil))) }
    }

    /// The peer has used the session: it has the keys, and this host may seal with them.
    mutating func confirm(_ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let at = place(of: index), sessions[at].confirmedAt == nil else { return }
        sessions[at].confirmedAt = now
        guard !sessions[at].isInitiator else { return }
        recordHandshake(at: now)
        if sessions[at].isValidating {
            validate(index, now, &context)
        } else {
            activateUnlessOvertaken(index, now, &context)
        }
        beginLanes(index, now, &context)
    }

    /// Activates the session, unless the active one is newer: an older session only opens datagrams.
    mutating func activateUnlessOvertaken(
        _ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        guard let at = place(of: index) else { return }
        let createdAt = sessions[at].createdAt
        if activeSession.map({ $0.createdAt <= createdAt }) ?? true { activate(index, now, &context) }
    }

    /// From here on lanes seal packets for the peer with this session.
    mutating func activate(_ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let at = place(of: index) else { return }
        if activeIndex != index { sessionCount += 1 }
        activeIndex = index
        sessions[at].isEstablished = true
        defersUntil = nil
        isWanted = false
        isUnreachable = false
        refusal = nil
        mustTryLanes = false
        let session = sessions[at]
        // The peer's initiation has achieved what this host's attempt is for.
        if let attempt, !session.isInitiator, attempt.firstSentAt <= session.createdAt { endAttempt(&context) }
        context.emit(.command(.activate(index)))
        context.emit(
            .event(.established(id, index, suite: session.parameters.suite, initiator: session.isInitiator)))
    }

    /// Both ends have the keys of one session.
    private mutating func recordHandshake(at now: MonotonicTime) {
        lastHandshakeAt = now
        unanswered = nil
        liveness.recordHandshake(at: now)
    }

    // MARK: Reports of lanes

    mutating func record(_ activity: SessionActivity, ofLane lane: UInt8) {
        guard let at = place(of: activity.index) else { return }
        let before = sessions[at].activity.updateValue(activity, forKey: lane)
        if activity.lastDataSent != before?.lastDataSent { sessions[at].lanes.record(sentOn: [lane]) }
        liveness.record(activity)
    }

    /// Records the last report of one lane about a session.
    mutating func record(final activity: SessionActivity) {
        guard var session = ending[activity.index] else { return }
        past += activity
        session.session.activity[activity.lane] = nil
        session.lanesLeft -= 1
        ending[activity.index] = session.lanesLeft > 0 ? session : nil
    }
}
