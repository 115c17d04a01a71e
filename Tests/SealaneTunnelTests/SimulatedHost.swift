import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport

extension SeededRandom {
    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }
}

/// A whole end of a tunnel with one lane, its clock set by hand: what goes in and comes out are values.
final class SimulatedHost {
    let endpoint: Endpoint
    var tunnel: Tunnel
    var lane: Lane
    /// Lane 1 of an end that has it: for packets that leave. What comes is all lane 0's.
    var secondLane: Lane?
    var admission = Admission.admitted
    /// As an agent whose policy refuses a path of these sightings for the reasons it gives; nil: for none.
    var pathReasons: (PathSightings) -> [UInt8]? = { _ in nil }
    var delivered: [[UInt8]] = []
    var replies: [[UInt8]] = []
    var tunnelEvents: [TunnelEvent] = []
    /// Datagrams on their way out.
    var outbox: [(bytes: [UInt8], to: Endpoint)] = []
    var now = Now(
        monotonic: MonotonicTime(nanoseconds: 1_000_000_000),
        wall: TAI64N(unixSeconds: 1_700_000_000, nanoseconds: 0))
    private var reportNumber: UInt64 = 0
    private let seed: UInt64

    init(
        endpoint: Endpoint, seed: UInt64, suites: [CipherSuite] = CipherSuite.available, fleet: String = "test",
        rekeyAfter: Duration = TunnelLimits.rekeyAfter, interfaceMTU: Int = 1500, laneCount: UInt8 = 1,
        blockLimits: BlockLimits = BlockLimits()
    ) throws {
        self.endpoint = endpoint
        self.seed = seed
        var random = SeededRandom(seed: seed)
        let key = try StaticPrivateKey.generate(using: &random)
        tunnel = Tunnel(
            settings: Tunnel.Settings(
                fleet: fleet, suites: suites, listen: endpoint, laneCount: laneCount, interfaceMTU: interfaceMTU,
                statement: Array("facts".utf8), rekeyAfter: rekeyAfter),
            privateKey: key, random: random)
        lane = Lane(number: 0, of: laneCount, blockLimits: blockLimits)
        secondLane = laneCount > 1 ? Lane(number: 1, of: laneCount, blockLimits: blockLimits) : nil
        lane.now = now.monotonic
        secondLane?.now = now.monotonic
    }

    var publicKey: PublicKey { tunnel.publicKey }

    /// The tunnel of another life with the same key and settings, which knows nothing. Peers are to be made known to it again.
    func forgetAll() throws {
        tunnel.remove(PeerID(0))
        settle()
        var random = SeededRandom(seed: seed)
        let key = try StaticPrivateKey.generate(using: &random)
        random = SeededRandom(seed: seed ^ now.monotonic.nanoseconds)
        tunnel = Tunnel(settings: tunnel.settings, privateKey: key, random: random)
    }

    func know(_ other: SimulatedHost, as id: PeerID, addresses: [IPPrefix], presharedKey: PresharedKey? = nil) {
        tunnel.add(
            PeerParameters(
                id: id, publicKey: other.publicKey, presharedKey: presharedKey, endpoint: other.endpoint))
        route(addresses, to: id)
    }

    func route(_ addresses: [IPPrefix], to id: PeerID) {
        let table = PrefixTable(addresses.map { ($0, id.rawValue) })
        command(.route(table, peerCount: Int(id.rawValue) + 1))
        settle()
    }

    private func command(_ command: LaneCommand) {
        lane.apply(command)
        secondLane?.apply(command)
    }

    func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        now.monotonic = now.monotonic + duration
        now.wall = now.wall.advanced(bySeconds: seconds, nanoseconds: attoseconds / 1_000_000_000)
        lane.now = now.monotonic
        secondLane?.now = now.monotonic
    }

    /// What an agent does every tick: gather the lanes' reports, then let time act.
    func tick() {
        reportNumber += 1
        command(.report(reportNumber))
        settle()
        act()
    }

    /// Lets time act.
    func act() {
        tunnel.advance(to: now)
        settle()
    }

    func send(packet: [UInt8], onSecondLane isOnSecond: Bool = false) {
        var buffer = [UInt8](repeating: 0, count: packet.count + TunnelLimits.sealOverhead)
        buffer.replaceSubrange(DataHeader.byteCount..<DataHeader.byteCount + packet.count, with: packet)
        let sealed = buffer.withUnsafeMutableBytes { buffer -> Sealed in
            guard let start = buffer.baseAddress else { return .dropped }
            if isOnSecond { return secondLane?.seal(start, packetByteCount: packet.count) ?? .dropped }
            return lane.seal(start, packetByteCount: packet.count)
        }
        if case .datagram(let byteCount, let destination) = sealed {
            outbox.append((Array(buffer.prefix(byteCount)), destination))
        }
        settle()
    }

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
        var buffer = datagram
        let opened = buffer.withUnsafeMutableBytes { buffer -> Opened in
            guard let start = buffer.baseAddress else { return .nothing }
            return lane.open(start, byteCount: buffer.count, arrival)
        }
        switch opened {
        case .packet(let byteCount, _):
            delivered.append(Array(buffer[DataHeader.byteCount..<DataHeader.byteCount + byteCount]))
        case .handshake:
            tunnel.handle(.handshake(datagram, arrival), now: now) { _, _, path in atHandshake(path) }
        case .unknownSession:
            lane.dropStray(from: source)
        case .nothing:
            break
        }
        settle()
    }

    /// Carries news and commands between tunnel and lane until both are quiet.
    func settle() {
        while true {
            let events = lane.events + (secondLane?.events ?? [])
            lane.events = []
            secondLane?.events = []
            for event in events {
                tunnel.handle(event, now: now) { _, _, path in atHandshake(path) }
            }
            let outputs = tunnel.takeOutputs()
            for output in outputs {
                switch output {
                case .send(let datagram, let destination): outbox.append((datagram, destination))
                case .command(let command): self.command(command)
                case .judge(let id):
                    guard let status = tunnel.status(of: id) else { break }
                    let reasons = pathReasons(status.path)
                    tunnel.settle(id, reasons.map { .refused(reasons: $0) } ?? .admitted, now.monotonic)
                case .event(let event): tunnelEvents.append(event)
                }
            }
            let released = lane.released + (secondLane?.released ?? [])
            outbox += released.map { ($0.bytes, $0.destination) }
            lane.released = []
            secondLane?.released = []
            replies += lane.replies
            lane.replies = []
            if events.isEmpty, outputs.isEmpty { return }
        }
    }

    /// What a path carries is found out after the handshake.
    private func atHandshake(_ path: PathSightings) -> Admission {
        if let reasons = pathReasons(PathSightings(translation: path.translation, forwarding: path.forwarding)) {
            return .refused(reasons: reasons)
        }
        return admission == .admitted && pathReasons(path) != nil ? .onTrial : admission
    }

    /// How it stands with its first peer.
    var status: PeerStatus? { tunnel.status(of: PeerID(0)) }

    func takeOutbox() -> [(bytes: [UInt8], to: Endpoint)] {
        defer { outbox = [] }
        return outbox
    }

    func drops(_ reason: DropReason) -> UInt64 {
        lane.dropCounts[reason] + tunnel.drops[reason]
    }
}
