import SealanePacket
import SealaneTunnel
import Testing

/// A host whose lane is under test, and a peer made by hand at the other end.
final class LaneFixture {
    let host: SimulatedHost
    let peer: HandMadePeer
    let ownAddress: IPAddress
    let peerAddress: IPAddress
    let ownAddress6: IPAddress
    let peerAddress6: IPAddress

    init(laneCount: UInt8 = 1, interfaceMTU: Int = 1500, blockLimits: BlockLimits = BlockLimits()) throws {
        host = try SimulatedHost(
            endpoint: try #require(Endpoint("10.77.0.2:7325")), seed: 21, interfaceMTU: interfaceMTU,
            laneCount: laneCount, blockLimits: blockLimits)
        peer = try HandMadePeer(try #require(Endpoint("10.77.0.1:7325")))
        ownAddress = try #require(IPAddress("10.78.0.2"))
        peerAddress = try #require(IPAddress("10.78.0.1"))
        ownAddress6 = try #require(IPAddress("fd78::2"))
        peerAddress6 = try #require(IPAddress("fd78::1"))
        let addresses = try ["10.78.0.1/32", "fd78::1/128"].map { try #require(IPPrefix($0)) }
        peer.introduce(to: host, addresses: addresses)
    }

    /// Agrees on a session and uses it once, so that the host seals with it. Counter 0 is spent.
    func establish(laneCount: UInt8 = 1, mtu: UInt32 = 1500) throws -> HandMadePeer.Session {
        let session = try peer.handshake(with: host, laneCount: laneCount, mtu: mtu)
        host.receive(datagram: try session.sealed([], counter: 0), from: peer.endpoint)
        try #require(host.status?.state == .established)
        return session
    }

    func packetIn(_ number: UInt32) -> [UInt8] { numberedPacket(number, from: peerAddress, to: ownAddress) }
    func packetOut(_ number: UInt32) -> [UInt8] { numberedPacket(number, from: ownAddress, to: peerAddress) }

    /// From this end to the peer's overlay address, `byteCount` long in all.
    func packetOut(byteCount: Int, isIPv4: Bool = true) -> [UInt8] {
        if isIPv4 {
            let header = [0x45, 0] + bigEndian(UInt16(byteCount)) + [0, 0, 0x40, 0, 64, 17, 0, 0]
            let start = header + ownAddress.bytes + peerAddress.bytes
            return start + [UInt8](repeating: 0, count: byteCount - start.count)
        }
        let header = [0x60, 0, 0, 0] + bigEndian(UInt16(byteCount - 40)) + [17, 64]
        let start = header + ownAddress6.bytes + peerAddress6.bytes
        return start + [UInt8](repeating: 0, count: byteCount - start.count)
    }

    /// Runs `body` and expects that exactly this was counted.
    func expectDrops(
        _ expected: [DropReason: UInt64], _ place: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) rethrows {
        let before = DropReason.allCases.map { host.drops($0) }
        try body()
        for (reason, count) in zip(DropReason.allCases, before) {
            #expect(
                host.drops(reason) - count == expected[reason] ?? 0, "\(reason.name)", sourceLocation: place)
        }
    }

    /// As datagrams of the peer come.
    var arrival: Arrival {
        Arrival(source: peer.endpoint, destination: host.endpoint, hopLimit: TunnelLimits.hopLimit)
    }

    func receive(_ datagram: [UInt8]) {
        host.receive(datagram: datagram, from: peer.endpoint)
    }
}
