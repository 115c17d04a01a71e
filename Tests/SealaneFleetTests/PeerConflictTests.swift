import SealaneFleet
import SealanePacket
import TestSupport
import Testing

struct PeerConflictTests {
    private func conflicts(
        _ records: [PeerRecord], listen: String? = "10.0.0.1:7325", own: [String] = ["10.78.0.1/24"]
    ) throws -> [String] {
        let peers = try records.map { try $0.definition() }
        return PeerConflict.all(
            among: peers, listen: listen.flatMap { Endpoint($0) }, ownAddresses: own.compactMap { IPPrefix($0) }
        )
        .map { "\($0.peer) \($0.description)" }
    }

    @Test func `peers that have nothing in common stand side by side`() throws {
        #expect(
            try conflicts([
                record("b"), record("c", endpoint: "10.0.0.3:7325", key: 2, addresses: ["10.78.0.3/32", "fd00::3"]),
                record("d", endpoint: "10.0.0.2:7326", key: 3, addresses: ["10.79.0.0/16"]),
            ]) == [])
    }

    @Test func `a name, a key, an endpoint and an address belong to one peer each`() throws {
        #expect(
            try conflicts([record("b"), record("b")]) == [
                "1 \"b\" is already the name of a peer; every peer needs a name of its own",
                "1 this public key is already that of peer b; every host needs a key of its own",
                "1 10.0.0.2:7325 is already the endpoint of peer b; every peer needs an endpoint of its own",
                "1 10.78.0.2/32 overlaps 10.78.0.2/32 of peer b; an address can belong to one peer only",
            ])
    }

    @Test func `nested prefixes of two peers overlap, whichever comes first and whatever lies between`() throws {
        let wide = record("wide", endpoint: "10.0.0.3:7325", key: 2, addresses: ["10.79.0.0/16"])
        let narrow = record("narrow", endpoint: "10.0.0.4:7325", key: 3, addresses: ["10.79.9.0/24", "10.79.3.0/24"])
        #expect(
            try conflicts([wide, narrow]) == [
                "1 10.79.3.0/24 overlaps 10.79.0.0/16 of peer wide; an address can belong to one peer only",
                "1 10.79.9.0/24 overlaps 10.79.0.0/16 of peer wide; an address can belong to one peer only",
            ])
        #expect(
            try conflicts([narrow, wide]) == [
                "1 10.79.0.0/16 overlaps 10.79.3.0/24 of peer narrow; an address can belong to one peer only",
                "1 10.79.0.0/16 overlaps 10.79.9.0/24 of peer narrow; an address can belong to one peer only",
            ])
    }

    @Test func `nested prefixes of one peer are no conflict, and do not hide one with another peer`() throws {
        let nested = record("nested", endpoint: "10.0.0.3:7325", key: 2, addresses: ["10.79.0.0/16", "10.79.1.0/24"])
        #expect(try conflicts([nested]) == [])
        let inside = record("inside", endpoint: "10.0.0.4:7325", key: 3, addresses: ["10.79.1.7/32"])
        #expect(
            try conflicts([nested, inside]) == [
                "1 10.79.1.7/32 overlaps 10.79.1.0/24 of peer nested; an address can belong to one peer only"
            ])
    }

    @Test func `families do not overlap, and a default route of one contains all of that one`() throws {
        let all4 = record("all4", endpoint: "10.0.0.3:7325", key: 2, addresses: ["::/0"])
        let v4 = record("v4", endpoint: "10.0.0.4:7325", key: 3, addresses: ["10.79.0.1/32"])
        let v6 = record("v6", endpoint: "10.0.0.5:7325", key: 4, addresses: ["fd00::1/128"])
        #expect(
            try conflicts([all4, v4, v6]) == [
                "2 fd00::1/128 overlaps ::/0 of peer all4; an address can belong to one peer only"
            ])
    }

    @Test func `the fast search for overlaps finds what comparing all pairs finds`() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let records = (0..<8).map { index in
                let prefixes = (0..<2).map { _ in
                    let length = Int.random(in: 26...32, using: &random)
                    let address = IPAddress(ipv4: 0x0a4f_0000 | UInt32.random(in: 0...255, using: &random))
                    return IPPrefix(address: address, length: length)?.network.description ?? ""
                }
                return record(
                    "p\(index)", endpoint: "10.0.0.\(index + 2):7325", key: UInt8(index + 1),
                    addresses: prefixes[0] == prefixes[1] ? [prefixes[0]] : prefixes)
            }
            let peers = try records.map { try $0.definition() }
            let overlapping = peers.indices.filter { later in
                peers[later].addresses.contains { prefix in
                    peers[..<later].contains { $0.addresses.contains { $0.overlaps(prefix) } }
                }
            }
            let found = PeerConflict.all(among: peers, listen: nil, ownAddresses: [])
            // A peer may be at fault against several: what must agree is whether there is any fault at all, and that
            // nothing is reported that does not overlap.
            #expect(found.isEmpty == overlapping.isEmpty)
            #expect(Set(found.map(\.peer)).isSubset(of: overlapping))
        }
    }

    @Test func `a peer may not own this host's address, but may lie in the network around it`() throws {
        #expect(
            try conflicts([record("b", addresses: ["10.78.0.0/24"])]) == [
                "0 10.78.0.0/24 contains this host's own address 10.78.0.1; expected addresses that only the peer has"
            ])
    }

    @Test func `a peer may not have this host's own public key`() throws {
        let peers = try [
            record("b", key: 1), record("c", endpoint: "10.0.0.3:7325", key: 2, addresses: ["10.79.0.1/32"]),
        ]
        .map { try $0.definition() }
        let own = peers[1].publicKey
        for found in [
            PeerConflict.all(among: peers, listen: nil, ownAddresses: [], ownKey: own),
            PeerConflict.all(among: peers, with: own),
        ] {
            #expect(
                found.map { "\($0.peer) \($0)" } == [
                    "1 \(own) is this host's own public key; expected the peer's own key: run sealane key public on that host"
                ])
            #expect(found.map(\.part) == [.publicKey] && found.map(\.opponent) == [.ownKey])
        }
        #expect(PeerConflict.all(among: peers, listen: nil, ownAddresses: []).isEmpty)
    }

    @Test func `a peer's endpoint is neither this host's nor of the other family`() throws {
        #expect(
            try conflicts([record("b", endpoint: "10.0.0.1:7325")]) == [
                "0 10.0.0.1:7325 is this host's own listen endpoint; expected the peer's underlay address"
            ])
        #expect(
            try conflicts([record("b", endpoint: "[fd77::2]:7325")]) == [
                "0 [fd77::2]:7325 is IPv6 and this host listens on IPv4 at 10.0.0.1:7325; both ends must use the same address family"
            ])
    }

    @Test func `an endpoint inside the overlay is refused: a tunnel cannot carry itself`() throws {
        #expect(
            try conflicts([record("b", endpoint: "10.78.0.9:7325")]) == [
                "0 10.78.0.9:7325 lies inside this host's overlay network 10.78.0.0/24; "
                    + "a tunnel cannot carry itself: expected the peer's underlay address"
            ])
        #expect(
            try conflicts([record("b", endpoint: "10.79.0.9:7325", addresses: ["10.79.0.0/16"])]) == [
                "0 10.79.0.9:7325 lies inside the overlay prefix 10.79.0.0/16 of peer b; "
                    + "a tunnel cannot carry itself: expected the peer's underlay address"
            ])
    }
}
