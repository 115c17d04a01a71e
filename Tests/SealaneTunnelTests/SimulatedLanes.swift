import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// A whole end of a tunnel with several lanes, its clock set by hand.
final class LanedHost {
    /// Arrays hold no noncopyable values.
    private final class Box {
        var lane: Lane

        init(_ lane: consuming Lane) {
            self.lane = lane
        }
    }

    /// A datagram on its way out.
    struct Departure {
        let bytes: [UInt8]
        let tuple: FourTuple
    }

    let endpoint: Endpoint
    var tunnel: Tunnel
    private let lanes: [Box]
    var outbox: [Departure] = []
    var delivered: [UInt32] = []
    /// On which lane each of these came.
    var deliveredOn: [Int] = []
    var events: [TunnelEvent] = []
    var now = Now(
        monotonic: MonotonicTime(nanoseconds: 1_000_000_000),
        wall: TAI64N(unixSeconds: 1_700_000_000, nanoseconds: 0))
    private var reportNumber: UInt64 = 0

    init(_ endpoint: Endpoint, seed: UInt64, laneCount: UInt8, rekeyAfter: Duration = .seconds(120)) throws {
        self.endpoint = endpoint
        var random = SeededRandom(seed: seed)
        let key = try StaticPrivateKey.generate(using: &random)
        tunnel = Tunnel(
            settings: Tunnel.Settings(
                fleet: "test", suites: [.aes256GCM, .chaCha20Poly1305], listen: endpoint, laneCount: laneCount,
                interfaceMTU: 1500, statement: [1], rekeyAfter: rekeyAfter), privateKey: key, random: random)
        lanes = (0..<laneCount).map { Box(Lane(number: $0, of: laneCount)) }
        tunnel.provesMTU = true
        tunnel.require(hopLimit: 255)
        tunnel.heed(fragments: .drop)
        settle()
    }

    func know(_ other: LanedHost, addresses: [IPPrefix], presharedKey: PresharedKey? = nil) {
        tunnel.add(
            PeerParameters(
                id: PeerID(0), publicKey: other.tunnel.publicKey, presharedKey: presharedKey,
                endpoint: other.endpoint))
        command(.route(PrefixTable(addresses.map { ($0, 0) }), peerCount: 1))
        settle()
    }

    private func command(_ command: LaneCommand) {
        for box in lanes { box.lane.apply(command) }
    }

    /// What this end refuses a path for; nil: it does not.
    var objection: (PathSightings) -> [UInt8]? = { path in
        if path.detour?.fragmentation != nil || path.fragmentation != nil { return Array("fragments".utf8) }
        if path.detour?.translation.isTranslated == true || path.translation?.isTranslated == true {
            return Array("translated".utf8)
        }
        if let mtu = path.mtu, mtu.carried < mtu.stated { return Array("reduced".utf8) }
        return nil
    }

    private func atHandshake(_ path: PathSightings) -> Admission {
        if let reasons = objection(path.ofHandshake) { return .refused(reasons: reasons) }
        return objection(path) == nil ? .admitted : .onTrial
    }

    /// Lets time pass; every half second the lanes report.
    func advance(by step: Duration, reports: Bool) {
        now.monotonic = now.monotonic + step
        now.wall = now.wall.advanced(bySeconds: 0, nanoseconds: step.components.attoseconds / 1_000_000_000)
        for box in lanes { box.lane.now = now.monotonic }
        if reports {
            reportNumber += 1
            command(.report(reportNumber))
            settle()
        }
        tunnel.advance(to: now)
        settle()
    }

    /// False: the lane reads no packets now.
    @discardableResult
    func send(_ packet: [UInt8], onLane number: Int) -> Bool {
        guard lanes[number].lane.pausedUntil <= now.monotonic else { return false }
        var buffer = [UInt8](repeating: 0, count: packet.count + TunnelLimits.sealOverhead)
        buffer.replaceSubrange(DataHeader.byteCount..<DataHeader.byteCount + packet.count, with: packet)
        let sealed = buffer.withUnsafeMutableBytes { buffer -> Sealed in
            guard let start = buffer.baseAddress else { return .dropped }
            return lanes[number].lane.seal(start, packetByteCount: packet.count)
        }
        if case .datagram(let byteCount, let destination) = sealed {
            let isByFirst = buffer[1] & DataHeader.byFirstLane != 0
            depart(Array(buffer.prefix(byteCount)), to: destination, fromLane: isByFirst ? 0 : number)
        }
        settle()
        return true
    }

    private func depart(_ bytes: [UInt8], to destination: Endpoint, fromLane number: Int) {
        let source = Endpoint(address: endpoint.address, port: endpoint.port + UInt16(number))
        outbox.append(Departure(bytes: bytes, tuple: FourTuple(source: source, destination: destination)))
    }

    func receive(_ datagram: [UInt8], _ arrival: Arrival) {
        let number = Int(arrival.destination.port) - Int(endpoint.port)
        guard lanes.indices.contains(number) else { return }
        var buffer = datagram
        let opened = buffer.withUnsafeMutableBytes { buffer -> Opened in
            guard let start = buffer.baseAddress else { return .nothing }
            return lanes[number].lane.open(start, byteCount: buffer.count, arrival)
        }
        switch opened {
        case .packet(let byteCount, _):
            let packet = Array(buffer[DataHeader.byteCount..<DataHeader.byteCount + byteCount])
            delivered.append(SealaneTunnelTests.number(of: packet))
            deliveredOn.append(number)
        case .handshake:
            tunnel.handle(.handshake(datagram, arrival), now: now) { _, _, path in atHandshake(path) }
        case .unknownSession:
            lanes[number].lane.dropStray(from: arrival.source)
        case .nothing:
            break
        }
        settle()
    }

    private func settle() {
        while true {
            var news: [LaneEvent] = []
            for box in lanes {
                news += box.lane.events
                box.lane.events = []
            }
            for event in news { tunnel.handle(event, now: now) { _, _, path in atHandshake(path) } }
            let outputs = tunnel.takeOutputs()
            for output in outputs {
                switch output {
                case .send(let datagram, let destination): depart(datagram, to: destination, fromLane: 0)
                case .command(let command): self.command(command)
                case .judge(let id):
                    guard let status = tunnel.status(of: id) else { break }
                    let reasons = objection(status.path)
                    tunnel.settle(id, reasons.map { .refused(reasons: $0) } ?? .admitted, now.monotonic)
                case .event(let event): events.append(event)
                }
            }
            for (number, box) in lanes.enumerated() {
                for datagram in box.lane.released {
                    depart(datagram.bytes, to: datagram.destination, fromLane: datagram.isByFirstLane ? 0 : number)
                }
                box.lane.released = []
            }
            if news.isEmpty, outputs.isEmpty { return }
        }
    }

    var status: PeerStatus? { tunnel.status(of: PeerID(0)) }
    /// As `PeerStatus` has the lanes, without their times.
    var laneStates: [String] {
        (status?.session?.lanes ?? []).map { lane in
            switch lane.state {
            case .usable: "usable"
            case .validating: "validating"
            case .silent: "silent"
            case .reduced: "reduced"
            }
        }
    }

    /// Whether no packet came after one of a greater number.
    var isInOrder: Bool { zip(delivered, delivered.dropFirst()).allSatisfy { $0 < $1 } }

    func drops(_ reason: DropReason) -> UInt64 { lanes.reduce(0) { $0 + $1.lane.dropCounts[reason] } }
}

/// Two such ends, and what lies between them.
final class LanedPair {
    /// What becomes of one datagram on its way.
    enum Fate {
        case arrives
        case lost
        case arrivesFrom(Endpoint)
        case arrivesInFragments(UInt16)
    }

    let a: LanedHost
    let b: LanedHost
    var fate: (LanedHost.Departure) -> Fate = { _ in .arrives }
    /// Of one way.
    var delay: (FourTuple) -> Duration = { _ in .zero }
    private var underWay: [(at: MonotonicTime, datagram: LanedHost.Departure, fate: Fate)] = []
    private var sent: UInt32 = 0
    private var step = 0

    init(_ laneCountOfA: UInt8 = 4, _ laneCountOfB: UInt8 = 4, rekeyAfter: Duration = .seconds(120)) throws {
        a = try LanedHost(
            try #require(Endpoint("10.77.0.1:7325")), seed: 3, laneCount: laneCountOfA, rekeyAfter: rekeyAfter)
        b = try LanedHost(
            try #require(Endpoint("10.77.0.2:7325")), seed: 4, laneCount: laneCountOfB, rekeyAfter: rekeyAfter)
        a.know(b, addresses: [try #require(IPPrefix("10.78.0.2/32"))])
        b.know(a, addresses: [try #require(IPPrefix("10.78.0.1/32"))])
    }

    private let insideA = IPAddress(ipv4: 0x0A4E_0001)
    private let insideB = IPAddress(ipv4: 0x0A4E_0002)

    /// A packet with the next number, unless the lane pauses.
    @discardableResult
    func sendFromA(onLane lane: Int) -> Bool {
        guard a.send(numberedPacket(sent + 1, from: insideA, to: insideB), onLane: lane) else { return false }
        sent += 1
        return true
    }

    func sendFromB(_ number: UInt32, onLane lane: Int) {
        b.send(numberedPacket(number, from: insideB, to: insideA), onLane: lane)
    }

    func exchange() {
        while true {
            var isQuiet = true
            for (from, to) in [(a, b), (b, a)] {
                for datagram in from.outbox {
                    underWay.append((from.now.monotonic + delay(datagram.tuple), datagram, fate(datagram)))
                }
                isQuiet = isQuiet && from.outbox.isEmpty
                from.outbox = []
                _ = to
            }
            let due = underWay.enumerated().filter { $0.element.at <= a.now.monotonic }
            guard !due.isEmpty || !isQuiet else { return }
            underWay.removeAll { $0.at <= a.now.monotonic }
            for (_, element) in due.sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }) {
                arrive(element.datagram, element.fate)
            }
        }
    }

    private func arrive(_ datagram: LanedHost.Departure, _ fate: Fate) {
        let tuple = datagram.tuple
        let host = tuple.destination.address == a.endpoint.address ? a : b
        switch fate {
        case .lost: break
        case .arrives:
            host.receive(
                datagram.bytes, Arrival(source: tuple.source, destination: tuple.destination, hopLimit: 255))
        case .arrivesFrom(let source):
            host.receive(datagram.bytes, Arrival(source: source, destination: tuple.destination, hopLimit: 255))
        case .arrivesInFragments(let byteCount):
            host.receive(
                datagram.bytes,
                Arrival(
                    source: tuple.source, destination: tuple.destination, hopLimit: 255, fragmentByteCount: byteCount))
        }
    }

    /// In steps of 1 ms.
    func live(for duration: Duration, _ each: (Int) -> Void = { _ in }) {
        for _ in 0..<Int(duration / .milliseconds(1)) {
            step += 1
            for host in [a, b] { host.advance(by: .milliseconds(1), reports: step.isMultiple(of: 500)) }
            each(step)
            exchange()
        }
    }

    /// Begins a session and lets its lanes be tried.
    func establish() {
        sendFromA(onLane: 0)
        exchange()
        live(for: .milliseconds(20))
    }

    /// Loses what travels between ports above the first, from one end or from both.
    func block(from ends: [LanedHost]) {
        fate = { datagram in
            guard ends.contains(where: { $0.endpoint.address == datagram.tuple.source.address }) else {
                return .arrives
            }
            return datagram.tuple.destination.port > 7325 ? .lost : .arrives
        }
    }
}
