import SealaneAEAD
import SealanePacket

/// One peer: its handshakes, its sessions, their timers and their path. What a call needs of the whole tunnel is in the
/// `TunnelContext` that it borrows.
struct Peer {
    let parameters: PeerParameters
    /// Whether this host's own judgement lets packets pass.
    var isAllowed = true
    var attempt: InitiationAttempt?
    /// The handshake message that waits for a decision: at most one. A newer one replaces it.
    var pending: PendingHandshake?
    /// The newest request for a decision about the peer as it is, without a handshake message.
    var pathTicket: Ticket?
    /// Oldest first: at most `sessionLimit`.
    var sessions: [Session] = []
    /// The session that seals packets.
    var activeIndex: SessionIndex?
    var cookie = CookieHolder()
    /// Nil before the first handshake.
    private var agreement: StaticAgreement?

    /// A packet waits, or came during a refusal.
    var isWanted = false
    var isUnreachable = false
    /// Initiations since the peer last answered one or used a session. Nil: none.
    var unanswered: UnansweredAttempts?
    var refusal: Refusal?
    /// Of the last handshake message that the tunnel adopted.
    var lastParameters: HandshakeParameters?
    var path = PathObservation()
    /// Lane of the last MTU search. Rotates across sessions, because a network that spreads flows may route each lane
    /// differently, and one session may be too short for all lanes.
    var searchedLane: UInt8 = 0
    /// The last initiation whose source did not match its claim.
    var lastMismatch: (timestamp: TAI64N, at: MonotonicTime)?

    var incidents = PeerIncidents()
    var lastInitiationAccepted: MonotonicTime?
    var lastUnknownSession: MonotonicTime?
    /// Until then this host lets the peer begin. Nil: not since the last session.
    var defersUntil: MonotonicTime?
    var lastHandshakeAt: MonotonicTime?
    /// The lane checks of the newest session.
    var lanes: LaneChecks?
    /// Lanes that failed and carry no packets, and the ones of them that were reported.
    var failedLanes: [UInt8: LaneFailure] = [:]
    var reportedLanes: [UInt8: LaneFailure.Kind] = [:]
    /// A session ended because of its path: the next one tries every lane before it carries packets.
    var mustTryLanes = false
    /// An objection to the path is gone. The tunnel asks for a decision once the validating session carries packets.
    var isDecisionDue = false
    var liveness = Liveness()
    var sessionCount: UInt64 = 0
    /// Sums over the sessions that have ended.
    var past = PeerTotals()
    var ending: [SessionIndex: EndingSession] = [:]

    /// The active session and newer ones without confirmation; and as many again of the peer, if both ends began at once and
    /// each seals with its own.
    static var sessionLimit: Int { 4 }

    struct Refusal {
        /// The peer's reasons. Nil: this host refused the peer.
        let reasonsOfPeer: [UInt8]?
        let until: MonotonicTime
    }

    init(_ parameters: PeerParameters) {
        self.parameters = parameters
    }

    var id: PeerID { parameters.id }

    /// Where the session is in `sessions`.
    func place(of index: SessionIndex) -> Int? { sessions.firstIndex { $0.index == index } }

    var activeSession: Session? { activeIndex.flatMap(place(of:)).map { sessions[$0] } }

    /// Whether timers run for this peer.
    var isActive: Bool {
        attempt != nil || pending != nil || !sessions.isEmpty || (isWanted && isAllowed)
    }

    /// Whether a session waits for the validation of its path.
    var isValidating: Bool {
        sessions.contains { $0.isValidating && ($0.search != nil || $0.isProven) }
    }

    /// What this host's static key and the peer's agree on.
    mutating func agreement(with privateKey: borrowing PrivateKey) throws(NoiseError) -> StaticAgreement {
        if let agreement { return agreement }
        let agreement = try StaticAgreement(privateKey, parameters.publicKey)
        self.agreement = agreement
        return agreement
    }

    // MARK: What the owner sets

    mutating func setAllowed(_ isAllowed: Bool, _ context: inout TunnelContext) {
        self.isAllowed = isAllowed
        refusal = nil
        isUnreachable = false
        if !isAllowed { endSessions(&context) }
        context.emit(.command(.block(id, isAllowed ? nil : .refused)))
    }

    mutating func close(reasons: [UInt8], _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let last = activeIndex ?? sessions.last?.index else { return }
        context.emit(.command(.close(last, reasons: reasons)))
        mustTryLanes = true
        refuse(until: now + TunnelLimits.refusalStandsFor, &context)
    }

    // MARK: The end of sessions

    /// Ends all sessions and handshakes. The next packet begins a new handshake.
    mutating func endSessions(_ context: inout TunnelContext) {
        endAttempt(&context)
        forgetPending()
        isWanted = false
        for session in sessions { retire(session.index, &context) }
        context.active.remove(id)
    }

    mutating func retire(_ index: SessionIndex, _ context: inout TunnelContext) {
        guard let at = place(of: index) else { return }
        let session = sessions.remove(at: at)
        ending[index] = EndingSession(session: session, lanesLeft: Int(context.settings.laneCount))
        if activeIndex == index { activeIndex = nil }
        context.indices.release(index)
        context.emit(.command(.retire(index)))
        if session.isEstablished { context.emit(.event(.ended(id, index))) }
    }

    /// A refusal in a handshake, by this host or by the peer, ends all sessions with the peer. A packet after `until` begins a new
    /// handshake.
    mutating func refuse(
        reasonsOfPeer: [UInt8]? = nil, until: MonotonicTime, _ context: inout TunnelContext
    ) {
        endSessions(&context)
        refusal = Refusal(reasonsOfPeer: reasonsOfPeer, until: until)
        isUnreachable = false
        // A refusal shows that the peer answered.
        unanswered = nil
        context.emit(.command(.block(id, .refused)))
        if let reasonsOfPeer {
            context.emit(.event(.refusedByPeer(id, reasons: reasonsOfPeer)))
        } else {
            context.emit(.event(.refused(id)))
        }
    }

    /// The peer closed all sessions.
    mutating func closedByPeer(_ reasons: [UInt8], _ now: MonotonicTime, _ context: inout TunnelContext) {
        mustTryLanes = true
        refuse(reasonsOfPeer: reasons, until: now + TunnelLimits.refusalStandsFor, &context)
    }
}

/// What initiations of a peer caused.
struct PeerIncidents {
    /// What an initiation said that this host refused. It may be a recording: known once the peer answers.
    var unconfirmed: (parameters: HandshakeParameters, path: PathObservation, at: MonotonicTime)?
    var lastOwnHandshake: MonotonicTime?
    var lastRefusedHandshake: RefusedHandshake?
    /// The last one that was reported.
    var reportedRefusedHandshake: RefusedHandshake?
    /// What is wrong with the clock of one end.
    var clock: ClockObjection?
    /// When that was last reported.
    var clockEventAt: MonotonicTime?
}
