import SealaneAEAD
import SealanePacket
import SealaneTunnel

/// One end of a tunnel without I/O: a tunnel, its lanes, and the outputs of both as values. The caller is the network, the
/// clock and the policy.
package struct InMemoryEnd: ~Copyable {
    /// A datagram that leaves, with the number of the lane whose socket sends it.
    package struct Departure {
        package let bytes: [UInt8]
        package let destination: Endpoint
        package let lane: Int
    }

    /// Arrays hold no noncopyable values.
    private final class LaneBox {
        var lane: Lane

        init(_ lane: consuming Lane) {
            self.lane = lane
        }
    }

    package let endpoint: Endpoint
    package var tunnel: Tunnel
    /// Lane 0.
    package var lane: Lane
    private let otherLanes: [LaneBox]
    package private(set) var now: Now
    /// The decision about a handshake (with parameters) or a path (without). Nil: the ticket waits in `undecided`.
    package var decide: (PeerID, HandshakeParameters?, PathObservation) -> Decision? = { _, _, _ in .accept }
    /// Whether data of an unknown session leads to a handshake, as in an agent.
    package var respondsToUnknownSessions = true
    package var undecided: [Ticket] = []
    package var outbox: [Departure] = []
    package var events: [TunnelEvent] = []
    /// ICMP errors for this end's own packets.
    package var replies: [[UInt8]] = []
    private var reportNumber: UInt64 = 0

    package static let start = Now(
        monotonic: MonotonicTime(nanoseconds: 1_000_000_000),
        wall: TAI64N(unixSeconds: 1_700_000_000, nanoseconds: 0))

    package init(
        _ settings: Tunnel.Settings, privateKey: consuming PrivateKey, random: any RandomNumberGenerator & Sendable,
        provider: AEADProvider = .libsodium, blockLimits: BlockLimits = BlockLimits(), at now: Now = Self.start
    ) {
        endpoint = settings.listen
        let count = settings.laneCount
        lane = Lane(number: 0, of: count, provider: provider, blockLimits: blockLimits)
        otherLanes = (1..<max(count, 1)).map {
            LaneBox(Lane(number: $0, of: count, provider: provider, blockLimits: blockLimits))
        }
        tunnel = Tunnel(settings: settings, privateKey: privateKey, random: random)
        self.now = now
        set(now)
    }

    // MARK: Peers

    package mutating func add(
        _ publicKey: PublicKey, at endpoint: Endpoint, as id: PeerID, presharedKey: PresharedKey? = nil
    ) {
        tunnel.add(PeerParameters(id: id, publicKey: publicKey, presharedKey: presharedKey, endpoint: endpoint))
        performOutputs()
    }

    /// Has the lanes map these prefixes to peers.
    package mutating func route(_ routes: [(IPPrefix, UInt32)]) {
        let peerCount = (routes.map(\.1).max() ?? 0) + 1
        apply(.route(PrefixTable(routes), peerCount: Int(peerCount)))
        performOutputs()
    }

    // MARK: Time

    package mutating func set(_ now: Now) {
        self.now = now
        lane.now = now.monotonic
        for box in otherLanes { box.lane.now = now.monotonic }
    }

    package mutating func advance(by duration: Duration) {
        let (seconds, attoseconds) = duration.components
        set(
            Now(
                monotonic: now.monotonic + duration,
                wall: now.wall.advanced(bySeconds: seconds, nanoseconds: attoseconds / 1_000_000_000)))
    }

    /// Does what is due. An agent also gathers reports of the lanes, twice a second.
    package mutating func act(withReports: Bool = false) {
        if withReports {
            reportNumber += 1
            apply(.report(reportNumber))
            performOutputs()
        }
        tunnel.advance(to: now)
        performOutputs()
    }

    // MARK: Packets and datagrams

    package func pausedUntil(onLane number: Int) -> MonotonicTime {
        number == 0 ? lane.pausedUntil : otherLanes[number - 1].lane.pausedUntil
    }

    /// Seals a packet, which waits if there is no session.
    package mutating func seal(_ packet: [UInt8], onLane number: Int = 0) -> Departure? {
        defer { performOutputs() }
        return sealOnly(packet, onLane: number)
    }

    private mutating func sealOnly(_ packet: [UInt8], onLane number: Int) -> Departure? {
        let sealed = number == 0 ? lane.seal(packet) : otherLanes[number - 1].lane.seal(packet)
        return sealed.map {
            Departure(bytes: $0.bytes, destination: $0.destination, lane: $0.isByFirstLane ? 0 : number)
        }
    }

    /// Seals a packet, and puts the datagram into the outbox.
    package mutating func send(_ packet: [UInt8], onLane number: Int = 0) {
        if let departure = sealOnly(packet, onLane: number) { outbox.append(departure) }
        performOutputs()
    }

    /// Opens a datagram in place, and does what it causes.
    package mutating func open(
        _ datagram: UnsafeMutableRawPointer, byteCount: Int, _ arrival: Arrival, onLane number: Int = 0
    ) -> Opened {
        let opened =
            number == 0
            ? lane.open(datagram, byteCount: byteCount, arrival)
            : otherLanes[number - 1].lane.open(datagram, byteCount: byteCount, arrival)
        switch opened {
        case .handshake:
            let bytes = Array(UnsafeRawBufferPointer(start: datagram, count: byteCount))
            tunnel.handle(.handshake(bytes, arrival), now: now)
            performOutputs()
        case .unknownSession where respondsToUnknownSessions:
            if number == 0 {
                lane.dropUnknownSession(from: arrival.source)
            } else {
                otherLanes[number - 1].lane.dropUnknownSession(from: arrival.source)
            }
            performOutputs()
        case .packet, .nothing, .unknownSession:
            let isQuiet = number == 0 ? lane.events.isEmpty : otherLanes[number - 1].lane.events.isEmpty
            if !isQuiet { performOutputs() }
        }
        return opened
    }

    /// Opens a datagram, and returns the packet in it.
    @discardableResult
    package mutating func receive(
        _ datagram: [UInt8], _ arrival: Arrival, onLane number: Int = 0
    ) -> (packet: [UInt8], isChecksumPartial: Bool)? {
        var buffer = datagram
        // A datagram without bytes has no memory.
        if buffer.isEmpty { buffer.reserveCapacity(1) }
        let opened = buffer.withUnsafeMutableBytes { buffer -> Opened in
            guard let start = buffer.baseAddress else { return .nothing }
            return open(start, byteCount: buffer.count, arrival, onLane: number)
        }
        performOutputs()
        guard case .packet(let byteCount, let isChecksumPartial) = opened else { return nil }
        return (Array(buffer[DataHeader.byteCount..<DataHeader.byteCount + byteCount]), isChecksumPartial)
    }

    package mutating func popOutbox() -> [Departure] {
        defer { outbox.removeAll(keepingCapacity: true) }
        return outbox
    }

    /// Drops by all lanes.
    package func laneDrops(_ reason: DropReason) -> UInt64 {
        otherLanes.reduce(lane.dropCounts[reason]) { $0 + $1.lane.dropCounts[reason] }
    }

    // MARK: Between tunnel and lanes

    /// Applies a command to every lane.
    package mutating func apply(_ command: LaneCommand) {
        lane.apply(command)
        for box in otherLanes { box.lane.apply(command) }
    }

    /// Carries events, decisions and commands between tunnel, lanes and policy until all are quiet.
    package mutating func performOutputs() {
        while true {
            let events = popEvents()
            for event in events { tunnel.handle(event, now: now) }
            let outputs = tunnel.popOutputs()
            for output in outputs { perform(output) }
            outbox += Self.popReleased(&lane, 0)
            replies += Self.popReplies(&lane)
            for (at, box) in otherLanes.enumerated() {
                outbox += Self.popReleased(&box.lane, at + 1)
                replies += Self.popReplies(&box.lane)
            }
            if events.isEmpty, outputs.isEmpty { return }
        }
    }

    private mutating func perform(_ output: TunnelOutput) {
        switch output {
        case .send(let datagram, let destination):
            outbox.append(Departure(bytes: datagram, destination: destination, lane: 0))
        case .command(let command):
            apply(command)
        case .decide(let ticket, let id, let parameters, let path):
            if let decision = decide(id, parameters, path) {
                tunnel.decide(ticket, decision, now)
            } else {
                undecided.append(ticket)
            }
        case .event(let event):
            events.append(event)
        }
    }

    private mutating func popEvents() -> [LaneEvent] {
        var events = lane.events
        if !events.isEmpty { lane.events.removeAll(keepingCapacity: true) }
        for box in otherLanes {
            events += box.lane.events
            box.lane.events = []
        }
        return events
    }

    private static func popReleased(_ lane: inout Lane, _ number: Int) -> [Departure] {
        defer { lane.released.removeAll(keepingCapacity: true) }
        return lane.released.map {
            Departure(bytes: $0.bytes, destination: $0.destination, lane: $0.isByFirstLane ? 0 : number)
        }
    }

    private static func popReplies(_ lane: inout Lane) -> [[UInt8]] {
        defer { lane.replies.removeAll(keepingCapacity: true) }
        return lane.replies
    }
}

extension Lane {
    /// Seals one packet whose checksums are complete, as a driver does for each read. Nil: it waits, or was dropped.
    package mutating func seal(
        _ packet: [UInt8]
    ) -> (bytes: [UInt8], destination: Endpoint, isByFirstLane: Bool)? {
        packet.withUnsafeBytes { bytes in
            guard let view = IPPacket(bytes), !view.hasMappedAddress else {
                count(.malformedLocalPacket)
                return nil
            }
            guard let session = sealingSession(for: view.destination) else {
                withhold(view)
                return nil
            }
            guard bytes.count <= session.packetByteLimit else {
                refuseTooBig(view, for: session)
                return nil
            }
            var datagram = [UInt8](repeating: 0, count: bytes.count + TunnelLimits.sealOverhead)
            let byteCount = datagram.withUnsafeMutableBytes { datagram in
                datagram.baseAddress.map { seal(bytes, isChecksumPartial: false, with: session, into: $0) } ?? 0
            }
            return byteCount > 0 ? (datagram, session.destination, session.isByFirstLane) : nil
        }
    }
}
