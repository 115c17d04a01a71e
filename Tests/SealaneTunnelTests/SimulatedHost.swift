import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport

extension SeededRandom {
    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }
}

/// One end of a tunnel with one lane or two, its clock set by hand. What arrives is all lane 0's.
final class SimulatedHost {
    private var end: InMemoryEnd
    /// As an agent whose policy decides so about every handshake.
    var decision = Decision.accept
    /// As an agent whose policy refuses a path with these observations for the reasons it gives; nil: for none.
    var pathReasons: (PathObservation) -> [UInt8]? = { _ in nil }
    /// While it is set, tickets wait in `undecided`.
    var isUndecided = false
    var delivered: [[UInt8]] = []
    private let seed: UInt64

    init(
        endpoint: Endpoint, seed: UInt64, suites: [CipherSuite] = CipherSuite.available, fleet: String = "test",
        rekeyAfter: Duration = TunnelLimits.rekeyAfter, interfaceMTU: Int = 1500, laneCount: UInt8 = 1,
        blockLimits: BlockLimits = BlockLimits()
    ) throws {
        self.seed = seed
        var random = SeededRandom(seed: seed)
        let key = try PrivateKey.generate(using: &random)
        end = InMemoryEnd(
            Tunnel.Settings(
                fleet: fleet, suites: suites, listen: endpoint, laneCount: laneCount, interfaceMTU: interfaceMTU,
                claims: Array("facts".utf8), rekeyAfter: rekeyAfter), privateKey: key, random: random,
            blockLimits: blockLimits)
        end.decide = { [unowned self] _, parameters, path in decide(parameters, path) }
    }

    /// An agent finds out only after the handshake what a path carries.
    private func decide(_ parameters: HandshakeParameters?, _ path: PathObservation) -> Decision? {
        if isUndecided { return nil }
        guard parameters != nil else { return pathReasons(path).map { .refuse(reasons: $0) } ?? .accept }
        let ofHandshake = PathObservation(translation: path.translation, forwarding: path.forwarding)
        if let reasons = pathReasons(ofHandshake) { return .refuse(reasons: reasons) }
        return decision == .accept && pathReasons(path) != nil ? .validatePath : decision
    }

    var endpoint: Endpoint { end.endpoint }
    var now: Now {
        get { end.now }
        set { end.set(newValue) }
    }
    var publicKey: PublicKey { end.tunnel.publicKey }
    var tunnel: Tunnel {
        _read { yield end.tunnel }
        _modify { yield &end.tunnel }
    }
    var lane: Lane {
        _read { yield end.lane }
        _modify { yield &end.lane }
    }
    var replies: [[UInt8]] {
        get { end.replies }
        set { end.replies = newValue }
    }
    var outbox: [(bytes: [UInt8], to: Endpoint)] { end.outbox.map { ($0.bytes, $0.destination) } }
    var tunnelEvents: [TunnelEvent] {
        get { end.events }
        set { end.events = newValue }
    }
    var undecided: [Ticket] {
        get { end.undecided }
        set { end.undecided = newValue }
    }

    /// The tunnel of another run with the same key and settings, which has forgotten everything. The caller adds peers again.
    func forgetAll() throws {
        end.tunnel.remove(PeerID(0))
        performOutputs()
        var random = SeededRandom(seed: seed)
        let key = try PrivateKey.generate(using: &random)
        random = SeededRandom(seed: seed ^ now.monotonic.nanoseconds)
        end.tunnel = Tunnel(settings: end.tunnel.settings, privateKey: key, random: random)
    }

    func addPeer(_ other: SimulatedHost, as id: PeerID, addresses: [IPPrefix], presharedKey: PresharedKey? = nil) {
        end.add(other.publicKey, at: other.endpoint, as: id, presharedKey: presharedKey)
        route(addresses, to: id)
    }

    func route(_ addresses: [IPPrefix], to id: PeerID) {
        end.apply(.route(PrefixTable(addresses.map { ($0, id.rawValue) }), peerCount: Int(id.rawValue) + 1))
        performOutputs()
    }

    func advance(by duration: Duration) { end.advance(by: duration) }

    /// What an agent does every tick: gather the lanes' reports, then let time act.
    func tick() { end.act(withReports: true) }

    /// Lets time act.
    func act() { end.act() }

    func performOutputs() { end.performOutputs() }

    func send(packet: [UInt8], onSecondLane isOnSecond: Bool = false) { end.send(packet, onLane: isOnSecond ? 1 : 0) }

    /// - Parameters:
    ///   - destination: where it was sent to; nil: to this end's lane 0.
    ///   - hopLimit: as it arrives.
    func receive(
        datagram: [UInt8], from source: Endpoint, to destination: Endpoint? = nil,
        hopLimit: UInt8 = TunnelLimits.hopLimit, fragmentByteCount: UInt16 = 0
    ) {
        let arrival = Arrival(
            source: source, destination: destination ?? endpoint, hopLimit: hopLimit,
            fragmentByteCount: fragmentByteCount)
        if let (packet, _) = end.receive(datagram, arrival) { delivered.append(packet) }
    }

    /// The state of its first peer.
    var status: PeerStatus? { end.tunnel.status(of: PeerID(0)) }

    func awaits(_ ticket: Ticket) -> Bool { end.tunnel.awaits(ticket) }

    /// Returns whether the tunnel adopted what the decision was about.
    func decide(_ ticket: Ticket, _ decision: Decision = .accept) -> Bool {
        defer { end.performOutputs() }
        return end.tunnel.decide(ticket, decision, now)
    }

    var nextDeadline: MonotonicTime? { end.tunnel.nextDeadline(after: now.monotonic) }

    func popOutbox() -> [(bytes: [UInt8], to: Endpoint)] { end.popOutbox().map { ($0.bytes, $0.destination) } }

    func drops(_ reason: DropReason) -> UInt64 {
        end.lane.dropCounts[reason] + end.tunnel.drops[reason]
    }
}
