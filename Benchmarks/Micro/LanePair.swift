import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport

/// Two ends with one lane each, and a session between them.
struct LanePair: ~Copyable {
    private(set) var now = InMemoryEnd.start
    var near: InMemoryEnd
    var far: InMemoryEnd
    /// Inside the tunnel.
    let nearAddress: IPAddress
    let farAddress: IPAddress
    /// None: each end accepts the other without a judgement.
    private let judges: [PeerJudge]

    private static let peer = PeerID(0)

    /// - Parameter fleet: the authority that certifies both ends; nil: there are no certificates.
    static func established(
        _ suite: CipherSuite, _ provider: AEADProvider, interfaceMTU: Int = 1500, fleet: CertifiedFleet? = nil
    ) throws -> LanePair {
        let pair = try LanePair(suite, provider, interfaceMTU, fleet)
        guard pair.isEstablished else {
            throw Failure("no session with \(suite) by \(provider) between two ends in memory")
        }
        return pair
    }

    private init(
        _ suite: CipherSuite, _ provider: AEADProvider, _ interfaceMTU: Int, _ fleet: CertifiedFleet?
    ) throws {
        let (nearAddress, farAddress) = (Self.address(of: 1), Self.address(of: 2))
        var near = try Self.end(1, suite, provider, interfaceMTU, fleet)
        var far = try Self.end(2, suite, provider, interfaceMTU, fleet)
        let ofNear = try fleet?.judge(of: 1, address: nearAddress, other: far.tunnel.publicKey)
        let ofFar = try fleet?.judge(of: 2, address: farAddress, other: near.tunnel.publicKey)
        near.decide = { _, parameters, _ in ofNear?.decide(parameters) ?? .accept }
        far.decide = { _, parameters, _ in ofFar?.decide(parameters) ?? .accept }
        self.near = near
        self.far = far
        judges = [ofNear, ofFar].compactMap(\.self)
        (self.nearAddress, self.farAddress) = (nearAddress, farAddress)
        forget()
        agree()
    }

    private static func address(of number: UInt32) -> IPAddress { IPAddress(ipv4: 0x0A4E_0000 + number) }

    private static func end(
        _ number: UInt32, _ suite: CipherSuite, _ provider: AEADProvider, _ interfaceMTU: Int, _ fleet: CertifiedFleet?
    ) throws -> InMemoryEnd {
        var random = SeededRandom(seed: UInt64(number))
        let key = try PrivateKey.generate(using: &random)
        let identity = try fleet?.identity(of: number, address: address(of: number), staticKey: key.publicKey)
        return InMemoryEnd(
            Tunnel.Settings(
                fleet: "micro", suites: [suite],
                listen: Endpoint(address: IPAddress(ipv4: 0x0A4D_0000 + number), port: 7325), laneCount: 1,
                interfaceMTU: interfaceMTU, claims: identity?.claims ?? [], credential: identity?.credential ?? []),
            privateKey: key, random: random, provider: provider)
    }

    var isEstablished: Bool { near.lane.sealingSession(for: farAddress) != nil && isFarEstablished }
    var isFarEstablished: Bool { far.lane.sealingSession(for: nearAddress) != nil }

    /// Ends what stands between the two, as if they had only just learnt of each other, a second later.
    mutating func forget() {
        passTime()
        Self.add(far.tunnel.publicKey, far.endpoint, farAddress, to: &near)
        Self.add(near.tunnel.publicKey, near.endpoint, nearAddress, to: &far)
    }

    private static func add(_ key: PublicKey, _ endpoint: Endpoint, _ address: IPAddress, to end: inout InMemoryEnd) {
        end.add(key, at: endpoint, as: peer)
        end.route(IPPrefix(address: address, length: 32).map { [($0, peer.rawValue)] } ?? [])
    }

    /// Ends what stands between the two, a second later.
    mutating func part() {
        passTime()
        Self.part(&near)
        Self.part(&far)
    }

    private static func part(_ end: inout InMemoryEnd) {
        end.tunnel.setAllowed(false, peer)
        end.tunnel.setAllowed(true, peer)
        end.performOutputs()
    }

    /// The certificates of both are verified again when they are next seen.
    func forgetVerifications() {
        for judge in judges { judge.forget() }
    }

    private mutating func passTime() {
        now = Now(monotonic: now.monotonic + .seconds(1), wall: now.wall.advanced(bySeconds: 1, nanoseconds: 0))
        near.set(now)
        far.set(now)
    }

    /// A packet asks for a session: initiation, response, and the packet that confirms it.
    mutating func agree() {
        near.want(farAddress, from: nearAddress)
        while true {
            let outward = near.popOutbox()
            far.receive(outward, from: near.endpoint)
            let inward = far.popOutbox()
            near.receive(inward, from: far.endpoint)
            if outward.isEmpty, inward.isEmpty { return }
        }
    }

    /// The near end's half of a handshake, and of the next: it takes the response to its last initiation and uses that
    /// session, then begins again, a second later.
    mutating func ask() {
        near.receive(far.popOutbox(), from: far.endpoint)
        passTime()
        Self.part(&near)
        near.want(farAddress, from: nearAddress)
    }

    /// The far end's half.
    mutating func answer() {
        far.receive(near.popOutbox(), from: near.endpoint)
    }
}

extension InMemoryEnd {
    /// A packet for the other end asks for a session.
    fileprivate mutating func want(_ other: IPAddress, from address: IPAddress) {
        let packet = SamplePacket.udp(from: address, to: other, byteCount: 64)
        packet.withUnsafeBytes { bytes in
            if let packet = IPPacket(bytes) { lane.withhold(packet) }
        }
        performOutputs()
    }

    fileprivate mutating func receive(_ datagrams: [Departure], from source: Endpoint) {
        let arrival = Arrival(source: source, destination: endpoint, hopLimit: TunnelLimits.hopLimit)
        for datagram in datagrams { receive(datagram.bytes, arrival) }
    }
}
