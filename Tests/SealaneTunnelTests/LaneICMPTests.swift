import SealanePacket
import SealaneTunnel
import Testing

/// ICMP errors out of a tunnel: a host may only hear of packets that it can have sent to the peer that tells.
@Suite("ICMP errors from a peer") struct LaneICMPTests {
    private let lane: LaneFixture
    private let session: HandMadePeer.Session
    /// The peer owns 10.78.0.1 and fd78::1, and the subnets 10.90.1.0/24 and fd90:1::/64 but for one address of each, which is
    /// another peer's.
    private let other = "10.90.1.9"
    private let other6 = "fd90:1::9"

    init() throws {
        lane = try LaneFixture()
        session = try lane.establish()
        let own = try ["10.78.0.1/32", "fd78::1/128", "10.90.1.0/24", "fd90:1::/64"].map {
            (try #require(IPPrefix($0)), UInt32(0))
        }
        let others = try ["10.78.0.3/32", "fd78::3/128", "10.90.1.9/32", "fd90:1::9/128"].map {
            (try #require(IPPrefix($0)), UInt32(1))
        }
        lane.host.lane.apply(.route(PrefixTable(own + others), peerCount: 2))
    }

    // MARK: Packets by hand

    private func bytes(_ address: String) throws -> [UInt8] { try #require(IPAddress(address)).bytes }

    private func ipv4(
        _ source: String, _ destination: String, protocolNumber: UInt8, options: [UInt8] = [], fragment: UInt16 = 0,
        _ payload: [UInt8]
    ) throws -> [UInt8] {
        let header = [0x45 + UInt8(options.count / 4), 0] + bigEndian(UInt16(20 + options.count + payload.count))
        return try header + [0, 0] + bigEndian(fragment) + [64, protocolNumber, 0, 0] + bytes(source)
            + bytes(destination) + options + payload
    }

    private func ipv6(_ source: String, _ destination: String, next: UInt8, _ payload: [UInt8]) throws -> [UInt8] {
        try [0x60, 0, 0, 0] + bigEndian(UInt16(payload.count)) + [next, 64] + bytes(source) + bytes(destination)
            + payload
    }

    private func udp(_ byteCount: Int = 12) -> [UInt8] {
        [0x30, 0x39, 0, 53] + bigEndian(UInt16(byteCount)) + [UInt8](repeating: 0, count: byteCount - 6)
    }

    private func message(_ type: UInt8, code: UInt8 = 0, _ rest: [UInt8]) -> [UInt8] {
        [type, code, 0, 0, 0, 0, 2, 0x58] + rest
    }

    /// An error of the peer to this host, about a UDP packet to `destination`.
    private func error(
        from: String = "10.78.0.1", to: String = "10.78.0.2", type: UInt8 = 3, code: UInt8 = 4,
        about source: String = "10.78.0.2", sentTo destination: String
    ) throws -> [UInt8] {
        try ipv4(
            from, to, protocolNumber: 1,
            message(type, code: code, ipv4(source, destination, protocolNumber: 17, udp())))
    }

    private func error6(
        from: String = "fd78::1", to: String = "fd78::2", type: UInt8 = 2, about source: String = "fd78::2",
        sentTo destination: String
    ) throws -> [UInt8] {
        try ipv6(from, to, next: 58, message(type, ipv6(source, destination, next: 17, udp())))
    }

    private func expect(
        _ isDelivered: Bool, _ packets: [(String, [UInt8])], _ place: SourceLocation = #_sourceLocation
    ) throws {
        for (what, packet) in packets {
            let counter = 1 + UInt64(lane.host.delivered.count) + lane.host.drops(.icmpErrorNotOwned)
            let before = lane.host.delivered
            let dropped = lane.host.drops(.icmpErrorNotOwned)
            lane.receive(try session.sealed(packet, counter: counter))
            #expect(lane.host.delivered == (isDelivered ? before + [packet] : before), "\(what)", sourceLocation: place)
            #expect(
                lane.host.drops(.icmpErrorNotOwned) == dropped + (isDelivered ? 0 : 1), "\(what)",
                sourceLocation: place)
        }
    }

    @Test("an error about a packet to the peer or to a subnet behind it passes, whichever of these addresses sends it")
    func honest() throws {
        try expect(
            true,
            [
                ("too big", error(sentTo: "10.78.0.1")),
                ("port unreachable", error(code: 3, sentTo: "10.78.0.1")),
                ("time exceeded", error(type: 11, code: 0, sentTo: "10.90.1.4")),
                ("a router behind the peer", error(from: "10.90.1.1", sentTo: "10.90.1.4")),
                ("for a host behind this one", error(to: "10.91.0.7", about: "10.91.0.7", sentTo: "10.90.1.4")),
                ("IPv6 too big", error6(sentTo: "fd78::1")),
                ("IPv6 unreachable", error6(type: 1, sentTo: "fd90:1::4")),
                ("IPv6, of an unknown type", error6(type: 100, sentTo: "fd90:1::4")),
            ])
        let echo = try ipv4("10.78.0.2", "10.78.0.1", protocolNumber: 1, message(8, udp()))
        let options = try ipv4(
            "10.78.0.2", "10.78.0.1", protocolNumber: 17, options: [1, 1, 1, 0], udp(8))
        let chain = try ipv6(
            "fd78::2", "fd78::1", next: 0, [60, 0, 1, 4, 0, 0, 0, 0] + [17, 0, 1, 4, 0, 0, 0, 0] + udp())
        let later = try ipv6("fd78::2", "fd78::1", next: 44, [17, 0, 0, 8, 0, 0, 0, 1] + udp())
        try expect(
            true,
            [
                ("about an echo", ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, message(3, code: 1, echo))),
                ("quote with options", ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, message(3, code: 4, options))),
                (
                    "8 bytes of the payload quoted",
                    ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, message(3, code: 4, Array(options.prefix(32))))
                ),
                ("quote with extension headers", ipv6("fd78::1", "fd78::2", next: 58, message(2, chain))),
                ("quote of a later IPv6 fragment", ipv6("fd78::1", "fd78::2", next: 58, message(2, later))),
                (
                    "behind extension headers",
                    ipv6(
                        "fd78::1", "fd78::2", next: 60,
                        [58, 0, 1, 4, 0, 0, 0, 0] + message(2, ipv6("fd78::2", "fd78::1", next: 17, udp())))
                ),
            ])
    }

    @Test("an error about a packet to another peer, or to an address of no peer, is dropped and counted for the peer")
    func foreign() throws {
        let packets = try [
            ("too big", error(sentTo: "10.78.0.3")),
            ("port unreachable", error(code: 3, sentTo: "10.78.0.3")),
            ("time exceeded", error(type: 11, code: 0, sentTo: "10.78.0.3")),
            ("parameter problem", error(type: 12, code: 0, sentTo: "10.78.0.3")),
            ("source quench", error(type: 4, code: 0, sentTo: "10.78.0.3")),
            ("the longer prefix of another", error(sentTo: other)),
            ("an address outside", error(sentTo: "192.0.2.1")),
            ("of a packet of another source", error(about: "10.78.0.77", sentTo: "10.78.0.1")),
            ("IPv6", error6(sentTo: "fd78::3")),
            ("IPv6 unreachable", error6(type: 1, sentTo: "fd78::3")),
            ("IPv6, the longer prefix of another", error6(sentTo: other6)),
            ("IPv6, of an unknown type", error6(type: 101, sentTo: "fd78::3")),
            ("IPv6, another source", error6(about: "fd78::77", sentTo: "fd78::1")),
        ]
        try expect(false, packets)
        lane.host.tick()
        #expect(lane.host.status?.icmpErrorsNotOwned == UInt64(packets.count))
    }

    @Test("options, extension headers and fragments do not hide the packet that an error is about")
    func hidden() throws {
        let foreign = try ipv4("10.78.0.2", "10.78.0.3", protocolNumber: 17, udp())
        let foreign6 = try ipv6("fd78::2", "fd78::3", next: 17, udp())
        let longChain = [UInt8]((0..<20).flatMap { [$0 == 19 ? 58 : 60, 0, 1, 4, 0, 0, 0, 0] })
        let routed = try [17, 2, 4, 0, 0, 0, 0, 0] + bytes("fd78::3") + udp()
        try expect(
            false,
            [
                (
                    "options of the error",
                    ipv4(
                        "10.78.0.1", "10.78.0.2", protocolNumber: 1, options: [1, 1, 1, 0], message(3, code: 4, foreign)
                    )
                ),
                (
                    "options of the quote",
                    ipv4(
                        "10.78.0.1", "10.78.0.2", protocolNumber: 1,
                        message(
                            3, code: 4,
                            ipv4("10.78.0.2", "10.78.0.3", protocolNumber: 17, options: [1, 1, 1, 0], udp())))
                ),
                ("twenty headers", ipv6("fd78::1", "fd78::2", next: 60, longChain + message(2, foreign6))),
                (
                    "a fragment header, whole",
                    ipv6("fd78::1", "fd78::2", next: 44, [58, 0, 0, 0, 0, 0, 0, 1] + message(2, foreign6))
                ),
                (
                    "a first fragment",
                    ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, fragment: 0x2000, message(3, code: 4, []))
                ),
                (
                    "a first fragment of IPv6",
                    ipv6("fd78::1", "fd78::2", next: 44, [58, 0, 0, 1, 0, 0, 0, 1] + message(2, []))
                ),
                (
                    "a first fragment that ends inside a header",
                    ipv6("fd78::1", "fd78::2", next: 44, [60, 0, 0, 1, 0, 0, 0, 1] + [58, 9, 1, 4, 0, 0, 0, 0])
                ),
                (
                    "a routing header, whose last segment counts",
                    ipv6("fd78::1", "fd78::2", next: 58, message(2, ipv6("fd78::2", "fd78::1", next: 43, routed)))
                ),
            ])
    }

    @Test("an error that quotes an error, a redirect, another family or too little is dropped")
    func unclear() throws {
        let inner = try ipv4("10.78.0.2", "10.78.0.1", protocolNumber: 17, udp())
        let nested = try ipv4("10.78.0.2", "10.78.0.1", protocolNumber: 1, message(3, code: 4, inner))
        let inner6 = try ipv6("fd78::2", "fd78::1", next: 17, udp())
        let nested6 = try ipv6("fd78::2", "fd78::1", next: 58, message(2, inner6))
        func about(_ quote: [UInt8], type: UInt8 = 3) throws -> [UInt8] {
            try ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, message(type, code: 4, quote))
        }
        func about6(_ quote: [UInt8], type: UInt8 = 2) throws -> [UInt8] {
            try ipv6("fd78::1", "fd78::2", next: 58, message(type, quote))
        }
        var short = inner
        short[0] = 0x44
        var mapped = inner6
        mapped.replaceSubrange(24..<40, with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + [10, 78, 0, 1])
        try expect(
            false,
            [
                ("an error about an error", about(nested)), ("the same, IPv6", about6(nested6)),
                ("a redirect", about(inner, type: 5)), ("a redirect, IPv6", about6(inner6, type: 137)),
                ("nothing quoted", about([])), ("19 bytes", about(Array(inner.prefix(19)))),
                ("39 bytes of IPv6", about6(Array(inner6.prefix(39)))), ("IPv6 in IPv4", about(inner6)),
                ("IPv4 in IPv6", about6(inner + inner)), ("a header of 16 bytes", about(short)),
                ("a mapped address", about6(mapped)),
                ("half of the error", ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, [3, 4, 0, 0])),
            ])
    }

    @Test("other packets pass: echoes and their fragments, neighbour solicitations, other protocols")
    func noErrors() throws {
        try expect(
            true,
            [
                ("echo", ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, message(8, udp()))),
                ("reply", ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, message(0, udp()))),
                (
                    "first fragment",
                    ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, fragment: 0x2000, message(8, udp()))
                ),
                ("later fragment", ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 1, fragment: 0x0002, message(3, []))),
                ("IPv6 echo", ipv6("fd78::1", "fd78::2", next: 58, message(128, udp()))),
                (
                    "IPv6 later fragment",
                    ipv6("fd78::1", "fd78::2", next: 44, [58, 0, 0, 8, 0, 0, 0, 1] + message(2, []))
                ),
                (
                    "IPv6 first fragment",
                    ipv6("fd78::1", "fd78::2", next: 44, [58, 0, 0, 1, 0, 0, 0, 1] + message(128, udp()))
                ),
                ("ESP", ipv6("fd78::1", "fd78::2", next: 50, udp())),
                ("GRE", ipv4("10.78.0.1", "10.78.0.2", protocolNumber: 47, udp())),
                ("no next header", ipv6("fd78::1", "fd78::2", next: 59, [])),
            ])
    }

    @Test("an IPv6 packet with an IPv4-mapped source does not count as from the peer with that IPv4 address")
    func mappedSource() throws {
        try lane.expectDrops([.malformedPacket: 1]) {
            lane.receive(try session.sealed(ipv6("fd78::1", "fd78::2", next: 17, udp()), counter: 1))
            var packet = try ipv6("fd78::1", "fd78::2", next: 17, udp())
            packet.replaceSubrange(8..<24, with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 10, 78, 0, 1])
            lane.receive(try session.sealed(packet, counter: 2))
        }
    }
}
