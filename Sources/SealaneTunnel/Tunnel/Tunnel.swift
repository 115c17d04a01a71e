import SealaneAEAD
import SealanePacket

/// The handshakes and sessions of all peers: the protocol without its I/O.
///
/// Datagrams, events of lanes, decisions and the time go in. `popOutputs()` returns what the owner must do, in order: in
/// particular, a lane must install a session before the datagram that announces it leaves. The tunnel finds the `Peer` that an
/// input concerns; the peer does the work. Belongs to one thread or actor.
///
///     lane event, datagram --\                                       /--> .send(datagram)
///     decision --------------->  handle / decide / advance(to:)  ---+---> .command(for every lane)
///     time ------------------/                                       \--> .decide(ticket), .event(for people)
public struct Tunnel: ~Copyable {
    public struct Settings: Sendable {
        /// Both ends must name the same fleet. Otherwise their handshakes do not authenticate.
        package var fleet: String
        /// Best first.
        package var suites: [CipherSuite]
        /// The address and port of this host's lane 0.
        package var listen: Endpoint
        public var laneCount: UInt8
        /// MTU of the underlay interface, in bytes.
        package var interfaceMTU: Int
        /// This host's claims (`HandshakeParameters.claims`).
        package var claims: [UInt8]
        /// The proof of the claims (`HandshakeParameters.credential`). Empty: there is none.
        package var credential: [UInt8]
        public var rekeyAfter: Duration

        public init(
            fleet: String, suites: [CipherSuite], listen: Endpoint, laneCount: UInt8, interfaceMTU: Int,
            claims: [UInt8], credential: [UInt8] = [], rekeyAfter: Duration = TunnelLimits.rekeyAfter
        ) {
            self.fleet = fleet
            self.suites = suites
            self.listen = listen
            self.laneCount = laneCount
            self.interfaceMTU = interfaceMTU
            self.claims = claims
            self.credential = credential
            self.rekeyAfter = rekeyAfter
        }
    }

    var context: TunnelContext
    var peers = PeerTable()
    var peerByKey: [PublicKey: PeerID] = [:]
    var peerByEndpoint: [Endpoint: PeerID] = [:]
    var strangersHeard = Strangers()
    var cookies: CookieSecret

    package init(
        settings: Settings, privateKey: consuming PrivateKey, random: any RandomNumberGenerator & Sendable
    ) {
        cookies = CookieSecret(publicKey: privateKey.publicKey)
        context = TunnelContext(settings: settings, privateKey: privateKey, random: random)
    }

    public var settings: Settings { context.settings }
    public var drops: DropCounts { context.drops }
    package var publicKey: PublicKey { context.privateKey.publicKey }

    /// Whether packets travel only in sessions whose path has proven that it carries what both interfaces do. A change applies
    /// to new sessions.
    package var provesMTU: Bool {
        get { context.provesMTU }
        set { context.provesMTU = newValue }
    }

    /// Removes and returns the outputs, in order.
    package mutating func popOutputs() -> [TunnelOutput] { context.popOutputs() }

    // MARK: Settings

    /// Later handshakes state these claims and this credential. Handshakes that wait for a decision end. The tunnel renews its
    /// sessions within `TunnelLimits.renewalSpan`, so that peers learn of the change.
    package mutating func present(claims: [UInt8], credential: [UInt8], at now: MonotonicTime) {
        context.settings.claims = claims
        context.settings.credential = credential
        forgetPendingHandshakes()
        renewSessions(at: now)
    }

    /// Applies a change of the underlay's MTU, in bytes: handshakes state it, and paths must carry it. The tunnel renews its
    /// sessions, which keep to the lesser of both values until then. Earlier results of MTU searches, and refusals, which may
    /// be due to them, no longer count. Handshakes that wait for a decision end.
    package mutating func adopt(interfaceMTU: Int, at now: MonotonicTime) {
        guard interfaceMTU != settings.interfaceMTU else { return }
        context.settings.interfaceMTU = interfaceMTU
        forgetPendingHandshakes()
        for id in peers.usedIDs { peers[id]?.forgetMTU(now, &context) }
        renewSessions(at: now)
    }

    /// Whether every session that seals packets carries packets of so many bytes.
    package func carries(packetByteCount: Int) -> Bool {
        peers.usedIDs.allSatisfy { id in
            peers[id]?.activeSession.map { $0.packetByteLimit >= packetByteCount } ?? true
        }
    }

    /// Lanes drop data that arrives with a lower TTL or hop limit, and report it. 0: every value passes.
    package mutating func require(hopLimit: UInt8) {
        context.emit(.command(.requireHopLimit(hopLimit)))
    }

    /// Sets what lanes do with datagrams that arrive in fragments.
    package mutating func setFragmentReaction(_ reaction: FragmentReaction) {
        context.emit(.command(.setFragmentReaction(reaction)))
    }

    private mutating func forgetPendingHandshakes() {
        for id in peers.usedIDs { peers[id]?.pending = nil }
    }

    private mutating func renewSessions(at now: MonotonicTime) {
        let renewable = peers.usedIDs.filter { peers[$0]?.isRenewable ?? false }
        let span = TunnelLimits.renewalSpan(sessionCount: renewable.count)
        for id in renewable {
            let moment = now + span * Double.random(in: 0...1, using: &context.random)
            peers[id]?.renew(notAfter: moment)
        }
    }

    // MARK: Peers

    /// Adds a peer. It replaces a peer of the same id, whose sessions end.
    public mutating func add(_ parameters: PeerParameters) {
        remove(parameters.id)
        peers.add(parameters)
        peerByKey[parameters.publicKey] = parameters.id
        peerByEndpoint[parameters.endpoint] = parameters.id
        strangersHeard.forget(parameters.publicKey)
        context.emit(.command(.block(parameters.id, nil)))
        context.emit(.command(.setPeerEndpoint(parameters.endpoint, isPeer: true)))
    }

    public mutating func remove(_ id: PeerID) {
        guard let parameters = peers.parameters(of: id) else { return }
        if peers.isUsed(id) { peers[id]?.endSessions(&context) }
        if peerByKey[parameters.publicKey] == id { peerByKey[parameters.publicKey] = nil }
        if peerByEndpoint[parameters.endpoint] == id {
            peerByEndpoint[parameters.endpoint] = nil
            context.emit(.command(.setPeerEndpoint(parameters.endpoint, isPeer: false)))
        }
        peers.remove(id)
        context.timestamps.forgetStrangers(peerCount: peerByKey.count) { peerByKey[$0] != nil }
        context.active.remove(id)
        context.emit(.command(.block(id, .unreachable)))
    }

    /// Sets whether this host lets the peer have sessions. If not, its sessions end, and the tunnel sends it nothing.
    package mutating func setAllowed(_ isAllowed: Bool, _ id: PeerID) {
        guard peers.parameters(of: id) != nil else { return }
        // A peer that was never used is allowed.
        guard !isAllowed || peers.isUsed(id) else { return context.emit(.command(.block(id, nil))) }
        peers[id]?.setAllowed(isAllowed, &context)
    }

    /// Ends the peer's sessions and sends it the reasons. Does nothing without a session.
    public mutating func close(_ id: PeerID, reasons: [UInt8], _ now: MonotonicTime) {
        guard peers.isUsed(id) else { return }
        peers[id]?.close(reasons: reasons, now, &context)
    }

    /// A packet waits for this peer.
    package mutating func wantSession(with id: PeerID, _ now: Now) {
        peers[id]?.wantSession(now, &context)
    }

    package func status(of id: PeerID) -> PeerStatus? { peers[id]?.status(context.settings) }

    /// The peer of this endpoint.
    public func peer(at endpoint: Endpoint) -> PeerID? { peerByEndpoint[endpoint] }

    /// The peer of this public key.
    public func peer(of key: PublicKey) -> PeerID? { peerByKey[key] }

    /// Whether a session or a handshake of this host exists.
    package var hasSessions: Bool { !context.indices.isEmpty }

    // MARK: Decisions

    /// Whether a decision under this ticket still has an effect. A newer ticket, the end of the peer, a change of the tunnel's
    /// settings and time end a ticket.
    package func awaits(_ ticket: Ticket) -> Bool { peers[ticket.peer]?.awaits(ticket) ?? false }

    /// Answers `TunnelOutput.decide`. Does nothing if the tunnel no longer waits for it.
    ///
    /// - Returns: whether the tunnel adopted what the decision was about: the status shows these parameters and this path. The
    ///   tunnel does not adopt a refused message that may be a recording while a session or an earlier refusal stands.
    @discardableResult
    package mutating func decide(_ ticket: Ticket, _ decision: Decision, _ now: Now) -> Bool {
        guard awaits(ticket) else { return false }
        return peers[ticket.peer]?.decide(ticket, decision, now, &context) ?? false
    }

    /// Drops what waits under this ticket, and counts it, if nobody can decide. The peer tries again.
    public mutating func drop(_ ticket: Ticket) {
        guard awaits(ticket) else { return }
        peers[ticket.peer]?.forgetPending(ticket)
        context.drops.count(.handshakeLimited)
    }

    // MARK: Time

    /// The next moment at which `advance(to:)` has something to do. Nil while no peer is active.
    package func nextDeadline(after now: MonotonicTime) -> MonotonicTime? {
        var deadline: MonotonicTime?
        for id in context.active {
            guard let next = peers[id]?.nextDeadline(after: now, context.settings) else { continue }
            deadline = min(deadline ?? next, next)
        }
        return deadline
    }

    /// Does what is due.
    public mutating func advance(to now: Now) {
        for id in context.active.sorted(by: { $0.rawValue < $1.rawValue }) {
            peers[id]?.advance(to: now, &context)
            if let isActive = peers[id]?.isActive, !isActive { context.active.remove(id) }
        }
    }

    // MARK: Timestamps

    /// The timestamps of initiations, by the public key of their sender.
    package var histories: [PublicKey: InitiationHistory] { context.timestamps.histories }

    /// Counts the changes of `histories`.
    package var historiesVersion: UInt64 { context.timestamps.version }

    /// Replaces `histories` by those that an earlier run of the agent saved.
    public mutating func restore(_ histories: [PublicKey: InitiationHistory]) {
        context.timestamps.restore(histories)
    }
}
