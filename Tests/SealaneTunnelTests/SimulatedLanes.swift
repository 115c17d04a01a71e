import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// One end of a tunnel with several lanes, its clock set by hand.
final class LanedHost {
    /// A datagram on its way out.
    struct Departure {
        let bytes: [UInt8]
        let tuple: FourTuple
    }

    private var end: InMemoryEnd
    private let laneCount: Int
    var delivered: [UInt32] = []
    /// On which lane each of these came.
    var deliveredOn: [Int] = []

    init(_ endpoint: Endpoint, seed: UInt64, laneCount: UInt8, rekeyAfter: Duration = .seconds(120)) throws {
        self.laneCount = Int(laneCount)
        var random = SeededRandom(seed: seed)
        let key = try PrivateKey.generate(using: &random)
        end = InMemoryEnd(
            Tunnel.Settings(
                fleet: "test", suites: [.aes256GCM, .chaCha20Poly1305], listen: endpoint, laneCount: laneCount,
                interfaceMTU: 1500, claims: [1], rekeyAfter: rekeyAfter), privateKey: key, random: random)
        end.decide = { [unowned self] _, parameters, path in decide(parameters, path) }
        end.tunnel.provesMTU = true
        end.tunnel.require(hopLimit: 255)
        end.tunnel.setFragmentReaction(.drop)
        end.performOutputs()
    }

    /// The reasons for which this end refuses a path; nil: none.
    var objection: (PathObservation) -> [UInt8]? = { path in
        if path.mismatch?.fragmentation != nil || path.fragmentation != nil { return Array("fragments".utf8) }
        if path.mismatch?.translation.isTranslated == true || path.translation?.isTranslated == true {
            return Array("translated".utf8)
        }
        if let mtu = path.mtu, mtu.carried < mtu.stated { return Array("reduced".utf8) }
        return nil
    }

    private func decide(_ parameters: HandshakeParameters?, _ path: PathObservation) -> Decision {
        guard parameters != nil else { return objection(path).map { .refuse(reasons: $0) } ?? .accept }
        if let reasons = objection(path.ofHandshake) { return .refuse(reasons: reasons) }
        return objection(path) == nil ? .accept : .validatePath
    }

    var endpoint: Endpoint { end.endpoint }
    var now: Now {
        get { end.now }
        set { end.set(newValue) }
    }
    var events: [TunnelEvent] {
        get { end.events }
        set { end.events = newValue }
    }
    var tunnel: Tunnel {
        _read { yield end.tunnel }
        _modify { yield &end.tunnel }
    }

    func addPeer(_ other: LanedHost, addresses: [IPPrefix], presharedKey: PresharedKey? = nil) {
        end.add(other.tunnel.publicKey, at: other.endpoint, as: PeerID(0), presharedKey: presharedKey)
        end.route(addresses.map { ($0, 0) })
    }

    /// Lets time pass. With reports, the lanes report.
    func advance(by step: Duration, reports: Bool) {
        end.advance(by: step)
        end.act(withReports: reports)
    }

    /// False: the lane reads no packets now.
    @discardableResult
    func send(_ packet: [UInt8], onLane number: Int) -> Bool {
        guard end.pausedUntil(onLane: number) <= now.monotonic else { return false }
        end.send(packet, onLane: number)
        return true
    }

    func popOutbox() -> [Departure] {
        end.popOutbox().map { datagram in
            let source = Endpoint(address: endpoint.address, port: endpoint.port + UInt16(datagram.lane))
            return Departure(
                bytes: datagram.bytes, tuple: FourTuple(source: source, destination: datagram.destination))
        }
    }

    func receive(_ datagram: [UInt8], _ arrival: Arrival) {
        let number = Int(arrival.destination.port) - Int(endpoint.port)
        guard (0..<laneCount).contains(number),
            let (packet, _) = end.receive(datagram, arrival, onLane: number)
        else { return }
        delivered.append(SealaneTunnelTests.number(of: packet))
        deliveredOn.append(number)
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

    func drops(_ reason: DropReason) -> UInt64 { end.laneDrops(reason) }
}

/// Two such ends, and what lies between them.
final class LanedPair {
    /// The fate of one datagram on its way.
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
        a.addPeer(b, addresses: [try #require(IPPrefix("10.78.0.2/32"))])
        b.addPeer(a, addresses: [try #require(IPPrefix("10.78.0.1/32"))])
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
                let outbox = from.popOutbox()
                for datagram in outbox {
                    underWay.append((from.now.monotonic + delay(datagram.tuple), datagram, fate(datagram)))
                }
                isQuiet = isQuiet && outbox.isEmpty
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
