import SealaneAEAD
import SealanePacket

/// The handshakes and session lifetimes of all peers: the protocol without its I/O.
///
/// Datagrams, lanes' events and the time go in; outputs are taken with `takeOutputs()` after each call and carried out in
/// order. In particular a lane must have been given a session before the datagram that tells the peer of it leaves.
/// Belongs to one thread (or actor).
///
///     an event ----\                              /--> .send(datagram)
///     a datagram ----> handle… / advance(to:) ---+---> .command(for every lane)
///     the time ----/                              \--> .event(for people)
public struct Tunnel: ~Copyable {
    public struct Settings: Sendable {
        /// Both ends name the same fleet, or their handshakes do not authenticate.
        public var fleet: String
        /// Best first.
        public var suites: [CipherSuite]
        /// Where this end's lane 0 sends from and receives.
        public var listen: Endpoint
        public var laneCount: UInt8
        /// Of the underlay, in bytes.
        public var interfaceMTU: Int
        /// What this end states of itself (`PeerTerms.statement`).
        public var statement: [UInt8]
        /// What proves that (`PeerTerms.credential`); empty: nothing does.
        public var credential: [UInt8]
        public var rekeyAfter: Duration

        public init(
            fleet: String, suites: [CipherSuite], listen: Endpoint, laneCount: UInt8, interfaceMTU: Int,
            statement: [UInt8], credential: [UInt8] = [], rekeyAfter: Duration = TunnelLimits.rekeyAfter
        ) {
            self.fleet = fleet
            self.suites = suites
            self.listen = listen
            self.laneCount = laneCount
            self.interfaceMTU = interfaceMTU
            self.statement = statement
            self.credential = credential
            self.rekeyAfter = rekeyAfter
        }
    }

    public private(set) var settings: Settings
    public internal(set) var drops = DropCounts()

    /// Whether packets travel only in sessions whose path is known to carry what both ends' interfaces do. Concerns sessions
    /// from now on.
    public var provesMTU = false

    let privateKey: StaticPrivateKey
    var random: any RandomNumberGenerator & Sendable
    var peers: [PeerID: TunnelPeer] = [:]
    var peerByKey: [PublicKey: PeerID] = [:]
    var peerByEndpoint: [Endpoint: PeerID] = [:]
    /// Every index in use, of sessions and of initiations under way.
    var peerByIndex: [SessionIndex: PeerID] = [:]
    /// Peers with a timer running.
    var active: Set<PeerID> = []
    var load = HandshakeLoad()
    var strangersHeard = Strangers()
    /// How often people are told of what anybody can have sent in the name of a peer's endpoint.
    var unprovenNews = TokenBucket(perSecond: 1, burst: TunnelLimits.unprovenNewsBurst)
    /// Whose initiations are new. By key, so that a peer that is removed and comes back is the same.
    public internal(set) var histories: [PublicKey: InitiationHistory] = [:]
    /// Counts the changes of `histories`.
    public internal(set) var historiesVersion: UInt64 = 0
    /// Of this end.
    let mac1Key: [UInt8]
    var cookies: CookieSecret
    var lastTimestamp: TAI64N?
    private var outputs: [TunnelOutput] = []

    public init(
        settings: Settings, privateKey: consuming StaticPrivateKey, random: any RandomNumberGenerator & Sendable
    ) {
        self.settings = settings
        self.cookies = CookieSecret(publicKey: privateKey.publicKey)
        self.mac1Key = HandshakeMAC.mac1Key(of: privateKey.publicKey)
        self.privateKey = privateKey
        self.random = random
    }

    public var publicKey: PublicKey { privateKey.publicKey }

    /// Hands over what is to be done, in order.
    public mutating func takeOutputs() -> [TunnelOutput] {
        defer { outputs.removeAll(keepingCapacity: true) }
        return outputs
    }

    mutating func emit(_ output: TunnelOutput) {
        outputs.append(output)
    }

    /// From the next handshake on this end states this (`PeerTerms`). Sessions are renewed within
    /// `TunnelLimits.renewalSpan`, so that peers get to see it, and carry on until then.
    public mutating func present(statement: [UInt8], credential: [UInt8], at now: MonotonicTime) {
        settings.statement = statement
        settings.credential = credential
        renewSessions(at: now)
    }

    /// What lanes do from now on with datagrams that arrive in fragments.
    public mutating func heed(fragments reaction: FragmentReaction) {
        emit(.command(.heedFragments(reaction)))
    }

    private mutating func renewSessions(at now: MonotonicTime) {
        let sealing = peers.values.filter { $0.sealing != nil }.map(\.parameters.id)
        let span = TunnelLimits.renewalSpan(sessionCount: sealing.count)
        for id in sealing.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let peer = peers[id], let at = peer.sessions.firstIndex(where: { $0.grant.index == peer.sealing })
            else { continue }
            let moment = now + span * Double.random(in: 0...1, using: &random)
            peers[id]?.sessions[at].rekeyAskedFor = min(peer.sessions[at].rekeyAskedFor ?? moment, moment)
        }
    }

    /// From now on the underlay carries packets of this length: handshakes state it, and paths are held against it. Sessions
    /// are renewed, so that peers get to see it, and keep to the lesser of both until then. What was found of paths, and
    /// refusals, which may be for that, no longer count.
    public mutating func follow(interfaceMTU: Int, at now: MonotonicTime) {
        guard interfaceMTU != settings.interfaceMTU else { return }
        settings.interfaceMTU = interfaceMTU
        for id in peers.keys.sorted(by: { $0.rawValue < $1.rawValue }) { forgetMTU(of: id, now) }
        renewSessions(at: now)
    }

    /// From now on lanes drop data that arrives with a lesser TTL or hop limit, and say so. 0: none is too little.
    public mutating func require(hopLimit: UInt8) {
        emit(.command(.requireHopLimit(hopLimit)))
    }

    // MARK: Peers

    /// Adds a peer, or replaces the one of the same id: its sessions end.
    public mutating func add(_ parameters: PeerParameters) {
        remove(parameters.id)
        peers[parameters.id] = TunnelPeer(parameters: parameters)
        peerByKey[parameters.publicKey] = parameters.id
        peerByEndpoint[parameters.endpoint] = parameters.id
        strangersHeard.forget(parameters.publicKey)
        emit(.command(.obstruct(parameters.id, nil)))
        emit(.command(.know(parameters.endpoint, isPeer: true)))
    }

    public mutating func remove(_ id: PeerID) {
        guard let peer = peers[id] else { return }
        endSessions(of: id)
        if peerByKey[peer.parameters.publicKey] == id { peerByKey[peer.parameters.publicKey] = nil }
        if peerByEndpoint[peer.parameters.endpoint] == id {
            peerByEndpoint[peer.parameters.endpoint] = nil
            emit(.command(.know(peer.parameters.endpoint, isPeer: false)))
        }
        peers[id] = nil
        forgetOldHistories()
        active.remove(id)
        emit(.command(.obstruct(id, .unreachable)))
    }

    /// Whether this end asks a peer for sessions at all. If not, those that stand end at once; nothing is sent to it.
    public mutating func setAdmitted(_ isAdmitted: Bool, _ id: PeerID) {
        guard var peer = peers[id] else { return }
        peer.isAdmitted = isAdmitted
        peer.refusal = nil
        peer.isUnreachable = false
        peers[id] = peer
        if isAdmitted {
            emit(.command(.obstruct(id, nil)))
        } else {
            endSessions(of: id)
            emit(.command(.obstruct(id, .refused)))
        }
    }

    /// Ends whatever stands between the two ends; the next packet begins anew.
    mutating func endSessions(of id: PeerID) {
        guard var peer = peers[id] else { return }
        if let attempt = peer.attempt { releaseIndex(attempt.index) }
        peer.attempt = nil
        peer.isWanted = false
        for session in peer.sessions { retire(session, &peer) }
        peer.sessions = []
        peer.sealing = nil
        peers[id] = peer
        active.remove(id)
    }

    mutating func retire(_ session: SessionRecord, _ peer: inout TunnelPeer) {
        // The record as the peer holds it: what lanes did with it up to their last report.
        let record = peer.sessions.first { $0.grant.index == session.grant.index } ?? session
        peer.ending[session.grant.index] = EndingSession(record: record, lanesLeft: Int(settings.laneCount))
        if peer.sealing == session.grant.index { peer.sealing = nil }
        peer.sessions.removeAll { $0.grant.index == session.grant.index }
        releaseIndex(session.grant.index)
        emit(.command(.retire(session.grant.index)))
        if record.isEstablished { emit(.event(.ended(peer.parameters.id, session.grant.index))) }
    }

    public func status(of id: PeerID) -> PeerStatus? {
        guard let peer = peers[id] else { return nil }
        let sealing = peer.sealingRecord
        let state: PeerStatus.State =
            if !peer.isAdmitted || peer.refusal != nil { .refused } else if sealing != nil {
                .established
            } else if peer.isUnreachable { .unreachable } else if peer.attempt != nil || peer.isOnTrial {
                .connecting
            } else { .idle }
        var totals = peer.past
        for session in peer.sessions + peer.ending.values.map(\.record) {
            for activity in session.activity.values { totals += activity }
        }
        return PeerStatus(
            state: state,
            session: sealing.map {
                PeerStatus.Session(
                    suite: $0.grant.suite, establishedAt: $0.createdAt, isInitiator: $0.isInitiator,
                    laneCount: $0.grant.remoteLaneCount, packetByteLimit: $0.packetByteLimit,
                    lanes: lanes(of: $0, peer))
            },
            sessionCount: peer.sessionCount, lastHandshakeAt: peer.lastHandshakeAt,
            unanswered: peer.unanswered, refusalByPeer: peer.refusal?.reasonsOfPeer, terms: peer.terms,
            lastRefusedHandshake: peer.incidents.lastRefusedHandshake, clock: peer.incidents.clock, path: peer.path,
            sent: totals.sent, received: totals.received,
            packetsTooBig: totals.packetsTooBig,
            malformedPackets: totals.malformedPackets, addressesNotOwned: totals.addressesNotOwned,
            icmpErrorsNotOwned: totals.icmpErrorsNotOwned)
    }

    /// Whether there is a session, or a handshake under way.
    public var hasSessions: Bool { !peerByIndex.isEmpty }

    // MARK: Indices

    /// Nil when `TunnelLimits.sessionCount` sessions and attempts are under way.
    mutating func takeIndex(for id: PeerID) -> SessionIndex? {
        guard peerByIndex.count < TunnelLimits.sessionCount else { return nil }
        while true {
            let index = SessionIndex(UInt32(truncatingIfNeeded: random.next()))
            // At most one in 4096 is taken.
            guard index.rawValue != 0, peerByIndex[index] == nil else { continue }
            peerByIndex[index] = id
            return index
        }
    }

    mutating func releaseIndex(_ index: SessionIndex) {
        peerByIndex[index] = nil
    }
}
