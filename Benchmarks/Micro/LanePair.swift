import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport

/// One end of a tunnel with one lane, without its I/O.
struct End: ~Copyable {
    let endpoint: Endpoint
    /// This end's own, inside the tunnel.
    let address: IPAddress
    var tunnel: Tunnel
    var lane: Lane
    /// Nil: every peer is admitted.
    fileprivate var judge: PeerJudge?
    /// Datagrams on their way out.
    private var outbox: [[UInt8]] = []

    static let peer = PeerID(0)

    /// - Parameter fleet: whose authority vouches for this end; nil: it proves nothing.
    init(
        number: UInt32, _ suite: CipherSuite, _ provider: AEADProvider, interfaceMTU: Int, fleet: CertifiedFleet?
    ) throws {
        endpoint = Endpoint(address: IPAddress(ipv4: 0x0A4D_0000 + number), port: 7325)
        address = IPAddress(ipv4: 0x0A4E_0000 + number)
        var random = SeededRandom(seed: UInt64(number))
        let key = try StaticPrivateKey.generate(using: &random)
        let identity = try fleet?.identity(of: number, address: address, staticKey: key.publicKey)
        tunnel = Tunnel(
            settings: Tunnel.Settings(
                fleet: "micro", suites: [suite], listen: endpoint, laneCount: 1, interfaceMTU: interfaceMTU,
                statement: identity?.statement ?? [], credential: identity?.credential ?? []),
            privateKey: key, random: random)
        lane = Lane(number: 0, of: 1, provider: provider)
    }

    mutating func know(_ other: borrowing End) {
        tunnel.add(
            PeerParameters(
                id: Self.peer, publicKey: other.tunnel.publicKey, presharedKey: nil, endpoint: other.endpoint))
        let route = IPPrefix(address: other.address, length: 32).map { [($0, Self.peer.rawValue)] } ?? []
        lane.apply(.route(PrefixTable(route), peerCount: 1))
    }

    /// Ends what stands with the other end, without forgetting who it is.
    mutating func part(_ now: Now) {
        tunnel.setAdmitted(false, Self.peer)
        tunnel.setAdmitted(true, Self.peer)
        settle(now)
    }

    /// A packet for the other end asks for a session.
    mutating func want(_ other: IPAddress, _ now: Now) {
        let packet = SamplePacket.udp(from: address, to: other, byteCount: 64)
        packet.withUnsafeBytes { bytes in
            if let packet = IPPacket(bytes) { lane.withhold(packet) }
        }
        settle(now)
    }

    mutating func receive(_ datagrams: [[UInt8]], from source: Endpoint, _ now: Now) {
        for var datagram in datagrams {
            let arrival = Arrival(source: source, destination: endpoint, hopLimit: TunnelLimits.hopLimit)
            let opened = datagram.withUnsafeMutableBytes { bytes -> Opened in
                guard let start = bytes.baseAddress else { return .nothing }
                return lane.open(start, byteCount: bytes.count, arrival)
            }
            if case .handshake = opened { handle(.handshake(datagram, arrival), now) }
            settle(now)
        }
    }

    /// Carries news and commands between tunnel and lane until both are quiet.
    mutating func settle(_ now: Now) {
        lane.now = now.monotonic
        while true {
            let events = lane.events
            lane.events = []
            for event in events { handle(event, now) }
            let outputs = tunnel.takeOutputs()
            for output in outputs {
                switch output {
                case .send(let datagram, _): outbox.append(datagram)
                case .command(let command): lane.apply(command)
                case .judge, .event: break
                }
            }
            outbox += lane.released.map(\.bytes)
            lane.released = []
            if events.isEmpty, outputs.isEmpty { return }
        }
    }

    private mutating func handle(_ event: LaneEvent, _ now: Now) {
        let judge = judge
        tunnel.handle(event, now: now) { _, terms, _ in judge?.admit(terms) ?? .admitted }
    }

    var hasDatagrams: Bool { !outbox.isEmpty }

    mutating func takeDatagrams() -> [[UInt8]] {
        defer { outbox = [] }
        return outbox
    }

    var isEstablished: Bool { tunnel.status(of: Self.peer)?.state == .established }
}

/// Two ends that reach each other without a network, with a session between them.
struct LanePair: ~Copyable {
    var near: End
    var far: End
    private var now = Now(
        monotonic: MonotonicTime(nanoseconds: 1_000_000_000),
        wall: TAI64N(unixSeconds: 1_700_000_000, nanoseconds: 0))

    private init(near: consuming End, far: consuming End) {
        self.near = near
        self.far = far
        forget()
        agree()
    }

    /// - Parameter fleet: whose certificates both ends show and judge; nil: none.
    static func established(
        _ suite: CipherSuite, _ provider: AEADProvider, interfaceMTU: Int = 1500, fleet: CertifiedFleet? = nil
    ) throws -> LanePair {
        var near = try End(number: 1, suite, provider, interfaceMTU: interfaceMTU, fleet: fleet)
        var far = try End(number: 2, suite, provider, interfaceMTU: interfaceMTU, fleet: fleet)
        near.judge = try fleet?.judge(of: 1, address: near.address, other: far.tunnel.publicKey)
        far.judge = try fleet?.judge(of: 2, address: far.address, other: near.tunnel.publicKey)
        let pair = LanePair(near: near, far: far)
        guard pair.near.isEstablished, pair.far.isEstablished else {
            throw Failure("no session with \(suite) by \(provider) between two ends in memory")
        }
        return pair
    }

    /// Ends what stands between the two, as if they had only just learnt of each other, a second later.
    mutating func forget() {
        passTime()
        near.know(far)
        far.know(near)
        near.settle(now)
        far.settle(now)
    }

    /// Ends what stands between the two, a second later.
    mutating func part() {
        passTime()
        near.part(now)
        far.part(now)
    }

    /// The certificates of both are verified anew when they are next seen.
    func forgetVerifications() {
        near.judge?.forget()
        far.judge?.forget()
    }

    private mutating func passTime() {
        now = Now(monotonic: now.monotonic + .seconds(1), wall: now.wall.advanced(bySeconds: 1, nanoseconds: 0))
    }

    /// A packet asks for a session: initiation, response, and the packet that confirms it.
    mutating func agree() {
        near.want(far.address, now)
        while true {
            let outward = near.takeDatagrams()
            far.receive(outward, from: near.endpoint, now)
            let inward = far.takeDatagrams()
            near.receive(inward, from: far.endpoint, now)
            if outward.isEmpty, inward.isEmpty { return }
        }
    }

    /// The near end's half of a handshake, and of the next: it takes the response to its last initiation and uses that
    /// session, then begins anew, a second later.
    mutating func ask() {
        near.receive(far.takeDatagrams(), from: far.endpoint, now)
        passTime()
        near.part(now)
        near.want(far.address, now)
    }

    /// The far end's half.
    mutating func answer() {
        far.receive(near.takeDatagrams(), from: near.endpoint, now)
    }
}
