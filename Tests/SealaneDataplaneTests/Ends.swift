import Glibc
import SealaneAEAD
import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport

private func settings(at listen: Endpoint, interfaceMTU: Int) -> Tunnel.Settings {
    Tunnel.Settings(
        fleet: "test", suites: CipherSuite.available, listen: listen, laneCount: 1, interfaceMTU: interfaceMTU,
        claims: Array("facts".utf8))
}

private func newKey() throws -> PrivateKey {
    var random = SystemRandomNumberGenerator()
    return try PrivateKey.generate(using: &random)
}

private func prefixes(_ texts: [String]) throws -> [IPPrefix] {
    try texts.map { text in
        guard let prefix = IPPrefix(text) else { throw Failure("\(text) is no prefix") }
        return prefix
    }
}

extension OffloadPlan {
    static var none: OffloadPlan {
        OffloadPlan(Dictionary(uniqueKeysWithValues: Offload.allCases.map { ($0, .off) }), findings: [:])
    }
    static var all: OffloadPlan { OffloadPlan([:], findings: [:]) }
}

/// The end under test: a data plane on the TUN `sl0`, and the test in the control thread's place.
final class NearEnd {
    static let device = "sl0"
    static let overlay = ["10.78.0.1/24", "fd78::1/64"]
    static let hostRoutes = ["10.78.0.1/32", "fd78::1/128"]

    let dataplane: Dataplane
    /// What the kernel granted of the offloads asked for.
    let granted: TunOffloads
    /// What `failed` was called with.
    let failures: Mailbox<SystemError>
    /// Where peers reach it.
    let endpoint: Endpoint
    /// The lane's, for as long as the data plane runs.
    private let socketDescriptor: CInt
    var tunnel: Tunnel
    private(set) var events: [TunnelEvent] = []
    private(set) var lastReport: LaneReport?
    private var routes: [(IPPrefix, UInt32)] = []

    /// - Parameters:
    ///   - bind: the socket's address; its port is the kernel's choice.
    ///   - reachedAt: the address that peers send to.
    ///   - offloads: on means asked for, whatever the kernel says.
    ///   - takesRuns: false: the kernel refuses all runs of this socket, in spite of what was planned.
    init(bind: String, reachedAt: String, offloads: OffloadPlan = .none, takesRuns: Bool = true) throws {
        let tun = try TunQueue.open(name: Self.device, persistent: false, offloads: offloads.ofTun)
        granted = tun.offloads.granted
        try InterfaceConfiguration.setMTU(Self.device, to: 1420)
        try InterfaceConfiguration.setUp(Self.device)
        try InterfaceConfiguration.replaceAddresses(of: Self.device, with: Self.overlay)
        try Self.waitForLocalRoutes()
        let socket = try UDPSocket.bind(to: address(bind))
        try socket.reportTrafficClass()
        try socket.reportPath()
        if offloads[.gro].isOn { try socket.setGRO(true) }
        if !takesRuns { try Self.setRuns(refused: true, of: socket.fileDescriptor) }
        socketDescriptor = socket.fileDescriptor
        endpoint = Endpoint(try address(reachedAt, socket.localAddress.port))
        tunnel = Tunnel(
            settings: settings(at: endpoint, interfaceMTU: 1500), privateKey: try newKey(),
            random: SystemRandomNumberGenerator())
        let failures = try Mailbox<SystemError>(capacity: 8)
        self.failures = failures
        let ports = OneShot(Dataplane.Ports(tun: tun, socket: socket))
        dataplane = try Dataplane(
            Dataplane.Settings(offloads: offloads),
            ports: { _ throws(SystemError) in
                guard let ports = ports.take() else {
                    throw SystemError(call: "take", errno: EBUSY, subject: "the only lane's ports")
                }
                return ports
            }, failed: { _ = failures.post($0) })
    }

    /// The kernel cannot take runs apart for a socket whose datagrams have no checksums.
    private static func setRuns(refused: Bool, of socket: CInt) throws {
        var value: CInt = refused ? 1 : 0
        let length = socklen_t(MemoryLayout<CInt>.size)
        guard setsockopt(socket, SOL_SOCKET, SO_NO_CHECK, &value, length) == 0 else {
            throw SystemError(call: "setsockopt SO_NO_CHECK", errno: errno, subject: "the near end's socket")
        }
    }

    /// From now on the kernel takes runs of this end's socket.
    func takeRuns() throws {
        try Self.setRuns(refused: false, of: socketDescriptor)
    }

    /// A new IPv6 address can be sent from at once, but the kernel delivers to it only when a worker of its own has made
    /// the route (addrconf_dad_work), a moment later.
    private static func waitForLocalRoutes() throws {
        let loopback = try NetworkInterface.index(of: "lo")
        let deadline = MonotonicClock.now() + patienceNanoseconds
        for text in ["10.78.0.1", "fd78::1"] {
            while try NetworkRoute.probe(to: address(text)).interfaceIndex != loopback {
                guard MonotonicClock.now() < deadline else { throw Failure("the kernel does not deliver to \(text)") }
                LinuxThread.yield()
            }
        }
    }

    deinit {
        dataplane.stop()
    }

    func addPeer(_ publicKey: PublicKey, at endpoint: Endpoint, as id: PeerID, overlay: [String]) throws {
        routes += try prefixes(overlay).map { ($0, id.rawValue) }
        dataplane.post(.route(PrefixTable(routes), peerCount: Int(id.rawValue) + 1))
        tunnel.add(PeerParameters(id: id, publicKey: publicKey, presharedKey: nil, endpoint: endpoint))
        performOutputs()
    }

    /// What the control thread does when it is woken.
    func turn() {
        for event in dataplane.events.popAll() {
            if case .report(let report) = event { lastReport = report }
            tunnel.handle(event, now: .ofHost())
            performOutputs()
        }
    }

    func performOutputs() {
        while true {
            let outputs = tunnel.popOutputs()
            guard !outputs.isEmpty else { return }
            for output in outputs {
                switch output {
                case .send(let datagram, let destination): dataplane.send(datagram, to: destination)
                case .command(let command): dataplane.post(command)
                case .decide(let ticket, _, _, _): tunnel.decide(ticket, .accept, .ofHost())
                case .event(let event): events.append(event)
                }
            }
        }
    }
}

/// A peer: a tunnel and a lane behind a plain socket, with values instead of a TUN.
final class FarEnd {
    static let overlay = ["10.78.0.2/32", "fd78::2/128"]

    let socket: UDPSocket
    var end: InMemoryEnd
    /// The decision about every handshake.
    var decision = Decision.accept
    /// Packets that came out of the tunnel.
    private(set) var delivered: [[UInt8]] = []
    /// Of each of these, whether its checksum is partial.
    private(set) var arePartial: [Bool] = []
    /// Of each of these, the traffic class of the datagram that brought it.
    private(set) var outerClasses: [UInt8] = []
    /// Datagrams as they came.
    private(set) var seen: [[UInt8]] = []
    private(set) var destination: SocketAddress?

    init(bind: String, interfaceMTU: Int = 1500) throws {
        socket = try UDPSocket.bind(to: address(bind))
        try socket.reportTrafficClass()
        end = InMemoryEnd(
            settings(at: Endpoint(socket.localAddress), interfaceMTU: interfaceMTU), privateKey: try newKey(),
            random: SystemRandomNumberGenerator(), at: .ofHost())
        end.respondsToUnknownSessions = false
        end.decide = { [unowned self] _, _, _ in decision }
    }

    var endpoint: Endpoint { end.endpoint }
    var tunnel: Tunnel {
        _read { yield end.tunnel }
        _modify { yield &end.tunnel }
    }
    var lane: Lane {
        _read { yield end.lane }
        _modify { yield &end.lane }
    }

    func addPeer(_ near: NearEnd) throws {
        destination = SocketAddress(near.endpoint)
        end.route(try prefixes(NearEnd.hostRoutes).map { ($0, UInt32(0)) })
        end.add(near.tunnel.publicKey, at: near.endpoint, as: PeerID(0))
        try sendOutbox()
    }

    /// Opens what has come.
    func turn() throws {
        end.set(.ofHost())
        for received in try receiveAll(from: socket) {
            let arrival = Arrival(
                source: Endpoint(received.source), destination: endpoint, hopLimit: TunnelLimits.hopLimit)
            seen.append(received.bytes)
            if let (packet, isChecksumPartial) = end.receive(received.bytes, arrival) {
                delivered.append(packet)
                arePartial.append(isChecksumPartial)
                outerClasses.append(received.trafficClass)
            }
            try sendOutbox()
        }
    }

    /// The datagram that carries `packet`, unless it must wait for a session.
    func seal(_ packet: [UInt8]) throws -> [UInt8]? {
        end.set(.ofHost())
        let sealed = end.seal(packet)
        try sendOutbox()
        return sealed?.bytes
    }

    /// Sends packets of one size, the last may be shorter, as one run. The session must stand.
    func send(run packets: [[UInt8]], isChecksumPartial: Bool = false, trafficClass: UInt8 = 0) throws {
        end.set(.ofHost())
        let datagrams = try packets.map { packet in
            let destination = packet.withUnsafeBytes { IPPacket($0)?.destination }
            guard let destination, let session = lane.sealingSession(for: destination) else {
                throw Failure("no session for the packet, or none")
            }
            var datagram = [UInt8](repeating: 0, count: packet.count + TunnelLimits.sealOverhead)
            let byteCount = datagram.withUnsafeMutableBytes { datagram in
                packet.withUnsafeBytes { packet in
                    datagram.baseAddress.map {
                        lane.seal(packet, isChecksumPartial: isChecksumPartial, with: session, into: $0)
                    } ?? 0
                }
            }
            guard byteCount == datagram.count else { throw Failure("the session seals no more") }
            return datagram
        }
        try sendOutbox()
        guard let destination, let size = datagrams.first?.count else { throw Failure("nothing to send") }
        try SealaneDataplaneTests.send(
            run: Array(datagrams.joined()), in: size, through: socket, to: destination, trafficClass: trafficClass)
    }

    func send(packet: [UInt8]) throws {
        if let datagram = try seal(packet) { try send(datagram: datagram) }
    }

    func send(datagram: [UInt8]) throws {
        guard let destination else { throw Failure("this peer knows nobody") }
        try SealaneDataplaneTests.send([datagram], through: socket, to: destination)
    }

    private func sendOutbox() throws {
        end.performOutputs()
        for datagram in end.popOutbox() { try send(datagram: datagram.bytes) }
    }
}
