import SealanePacket
import TestSupport
import Testing

/// The bits of an address in its own family, first bit first.
private func bits(_ address: IPAddress) -> [Bool] {
    address.bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 == 1 } }
}

/// The definition of `contains`, bit by bit.
private func contains(_ prefix: IPPrefix, _ address: IPAddress) -> Bool {
    prefix.address.isIPv4 == address.isIPv4
        && bits(prefix.address).prefix(prefix.length) == bits(address).prefix(prefix.length)
}

/// An address that differs from `address` in the bit `at`, and may differ after it.
private func differing(_ address: IPAddress, at: Int, using generator: inout SeededRandom) -> IPAddress? {
    var changed = bits(address)
    changed[at].toggle()
    for later in changed.indices where later > at { changed[later] = Bool.random(using: &generator) }
    let bytes = stride(from: 0, to: changed.count, by: 8).map { start in
        changed[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
    }
    return IPAddress(bytes: bytes)
}

@Suite("An IP prefix")
struct IPPrefixTests {
    @Test(
        "parses from an address and a length, and prints the same",
        arguments: [
            ("10.78.0.0/24", "10.78.0.0", 24), ("10.78.0.7/24", "10.78.0.7", 24), ("0.0.0.0/0", "0.0.0.0", 0),
            ("255.255.255.255/32", "255.255.255.255", 32), ("::/0", "::", 0), ("fd00::/8", "fd00::", 8),
            ("fd00::1/128", "fd00::1", 128), ("2001:db8:1::/48", "2001:db8:1::", 48),
        ])
    func reads(text: String, base: String, length: Int) throws {
        let read = try prefix(text)
        #expect(try read.address == address(base))
        #expect(read.length == length)
        #expect(read.description == text)
        #expect(try read == IPPrefix(address: address(base), length: length))
    }

    @Test("without a length contains that address only", arguments: [("10.78.0.1", 32), ("fd00::1", 128)])
    func bareAddress(text: String, length: Int) throws {
        let read = try prefix(text)
        #expect(read.length == length)
        #expect(read.isHostRoute)
        #expect(read.description == "\(text)/\(length)")
        #expect(try read == prefix("\(text)/\(length)"))
        #expect(try !prefix("\(text)/\(length - 1)").isHostRoute)
    }

    @Test("of an IPv6 address with 32 bits is not a host route")
    func hostRouteOfFamily() throws {
        #expect(try !prefix("fd00::/32").isHostRoute)
        #expect(try !prefix("0.0.0.0/0").isHostRoute)
        #expect(try !prefix("::/0").isHostRoute)
    }

    @Test(
        "parses from nothing else",
        arguments: [
            "", "/", "/24", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/128", "10.0.0.0/-1", "10.0.0.0/-0", "10.0.0.0/+8",
            "10.0.0.0/08", "10.0.0.0/00", "10.0.0.0/ 8", "10.0.0.0/8 ", "10.0.0.0 /8", " 10.0.0.0/8", "10.0.0.0/8/8",
            "10.0.0.0//8", "10.0.0.0/8/", "10.0.0/8", "10/8", "10.0.0.0/255.0.0.0", "10.0.0.0/a", "10.0.0.0/0x8",
            "10.0.0.0/８", "10.0.0.0/8\n", "10.0.0.0/99999999999999999999", "fd00::/129", "fd00::/-1", "fd00::/",
            "fd00/8", "[fd00::]/8", "fd00::%1/8", "::ffff:10.0.0.0/104",
        ])
    func refuses(text: String) {
        #expect(IPPrefix(text) == nil)
    }

    @Test("has a length that its family allows")
    func lengths() throws {
        let (four, six) = try (address("10.0.0.1"), address("fd00::1"))
        for length in [-1, 33, 128, .max, .min] { #expect(IPPrefix(address: four, length: length) == nil) }
        for length in [-1, 129, .max, .min] { #expect(IPPrefix(address: six, length: length) == nil) }
        for length in 0...32 { #expect(IPPrefix(address: four, length: length)?.length == length) }
        for length in 0...128 { #expect(IPPrefix(address: six, length: length)?.length == length) }
    }

    @Test(
        "has a network, with zero bits after the length",
        arguments: [
            ("10.78.5.7/24", "10.78.5.0/24"), ("10.78.5.7/32", "10.78.5.7/32"), ("10.78.5.7/31", "10.78.5.6/31"),
            ("10.78.5.7/9", "10.0.0.0/9"), ("10.206.5.7/9", "10.128.0.0/9"), ("255.255.255.255/0", "0.0.0.0/0"),
            ("255.255.255.255/1", "128.0.0.0/1"), ("2001:db8:1:2:3:4:5:6/64", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff:4:5:6/65", "2001:db8:1:2:8000::/65"), ("2001:db8:1:ffff::6/63", "2001:db8:1:fffe::/63"),
            ("ffff::1/0", "::/0"), ("ffff::1/127", "ffff::/127"), ("ffff::1/128", "ffff::1/128"),
        ])
    func network(text: String, network: String) throws {
        #expect(try prefix(text).network.description == network)
        #expect(try prefix(network).network == prefix(network))
        #expect(try (prefix(text) == prefix(network)) == (text == network))
    }

    @Test("contains the addresses that start with its bits, at every length")
    func containsAtEveryLength() throws {
        var generator = SeededRandom(seed: 6)
        for base in try [address("10.78.5.7"), address("2001:db8:1:2:3:4:5:6"), address("255.255.255.255")] {
            for length in 0...base.bitCount {
                let outer = try #require(IPPrefix(address: base, length: length))
                #expect(outer.contains(base))
                #expect(outer.contains(outer.network.address))
                for at in 0..<base.bitCount {
                    let other = try #require(differing(base, at: at, using: &generator))
                    #expect(outer.contains(other) == (at >= length), "\(outer) \(other)")
                }
            }
        }
    }

    @Test("never contains or overlaps anything of the other family")
    func families() throws {
        let (four, six) = try (prefix("0.0.0.0/0"), prefix("::/0"))
        #expect(try !six.contains(address("10.0.0.1")))
        #expect(try !four.contains(address("::a00:1")))
        #expect(try !four.contains(address("::")))
        #expect(!six.contains(four) && !four.contains(six) && !six.overlaps(four) && !four.overlaps(six))
        #expect(try !prefix("::/80").overlaps(prefix("10.0.0.0/8")))
    }

    @Test(
        "contains prefixes of its own or greater length, and overlaps those that it contains or that contain it",
        arguments: [
            ("10.0.0.0/8", "10.78.0.0/24", true, true), ("10.78.0.0/24", "10.0.0.0/8", false, true),
            ("10.78.0.9/24", "10.78.0.1/24", true, true), ("10.78.0.0/24", "10.78.1.0/24", false, false),
            ("0.0.0.0/0", "1.2.3.4/32", true, true), ("1.2.3.4/32", "1.2.3.4/32", true, true),
            ("1.2.3.4/32", "1.2.3.5/32", false, false), ("::/0", "::/0", true, true),
            ("fd00::/8", "fc00::/7", false, true), ("fc00::/7", "fdff::1", true, true),
            ("fd00::/64", "fd00:0:0:1::/64", false, false),
        ])
    func containsPrefix(outer: String, inner: String, contains: Bool, overlaps: Bool) throws {
        let (outer, inner) = try (prefix(outer), prefix(inner))
        #expect(outer.contains(inner) == contains)
        #expect(outer.overlaps(inner) == overlaps)
        #expect(inner.overlaps(outer) == overlaps)
    }

    @Test("agrees with a comparison bit by bit on random prefixes, and is restored from its text")
    func agreesWithModel() throws {
        var generator = SeededRandom(seed: 7)
        var overlapping = 0
        for _ in 0..<5_000 {
            let base = generator.address()
            let at = Int.random(in: 0..<base.bitCount, using: &generator)
            let near = try #require(differing(base, at: at, using: &generator))
            let other = Int.random(in: 0..<8, using: &generator) == 0 ? generator.address() : near
            let left = try #require(
                IPPrefix(address: base, length: Int.random(in: 0...base.bitCount, using: &generator)))
            let right = try #require(
                IPPrefix(address: other, length: Int.random(in: 0...other.bitCount, using: &generator)))
            #expect(IPPrefix(left.description) == left)
            #expect(left.contains(other) == contains(left, other))
            let holds = left.length <= right.length && contains(left, other)
            let isHeld = right.length <= left.length && contains(right, base)
            #expect(left.contains(right) == holds)
            #expect(left.overlaps(right) == (holds || isHeld))
            overlapping += holds || isHeld ? 1 : 0
            #expect(bits(left.network.address).dropFirst(left.length).allSatisfy { !$0 })
            #expect(contains(left, left.network.address))
            #expect(left.network.length == left.length)
        }
        #expect((500...4_500).contains(overlapping))
    }
}
