import SealanePacket
import TestSupport
import Testing

/// Compares every bit of every entry.
private struct LinearTable {
    var entries: [(prefix: IPPrefix, value: UInt32)] = []

    private static func agrees(_ prefix: IPPrefix, _ address: IPAddress) -> Bool {
        let (left, right) = (prefix.address.bytes, address.bytes)
        guard left.count == right.count else { return false }
        for bit in 0..<prefix.length {
            let mask: UInt8 = 0x80 >> (bit % 8)
            if left[bit / 8] & mask != right[bit / 8] & mask { return false }
        }
        return true
    }

    func lookup(_ address: IPAddress) -> Int {
        var best = (length: -1, value: -1)
        for (prefix, value) in entries where prefix.length >= best.length && Self.agrees(prefix, address) {
            best = (prefix.length, Int(value))
        }
        return best.value
    }

    var count: Int {
        var distinct: [IPPrefix] = []
        for (prefix, _) in entries
        where !distinct.contains(where: { $0.length == prefix.length && Self.agrees($0, prefix.address) }) {
            distinct.append(prefix)
        }
        return distinct.count
    }
}

private func table(_ entries: [(String, UInt32)]) throws -> PrefixTable {
    PrefixTable(try entries.map { (try prefix($0.0), $0.1) })
}

@Suite("A prefix table")
struct PrefixTableTests {
    @Test("without entries finds nothing")
    func empty() throws {
        let table = PrefixTable([])
        #expect(table.count == 0)
        for text in ["0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "fd00::1"] {
            #expect(try table.lookup(address(text)) == -1)
        }
    }

    @Test(
        "gives the value of the longest prefix that contains the address",
        arguments: [
            ("10.78.0.1", 4), ("10.78.0.0", 3), ("10.78.0.255", 3), ("10.78.1.0", 2), ("10.255.255.255", 2),
            ("9.255.255.255", 1), ("11.0.0.0", 1), ("0.0.0.0", 1), ("255.255.255.255", 1), ("fd00::1", 8),
            ("fd00::2", 7), ("fd00:0:0:1::", 6), ("fdff::", 6), ("fc00::", 5), ("::", 5), ("::a4e:1", 5),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 5), ("::ffff:10.78.0.1", 4),
        ])
    func longest(text: String, value: Int) throws {
        let entries: [(String, UInt32)] = [
            ("0.0.0.0/0", 1), ("10.0.0.0/8", 2), ("10.78.0.0/24", 3), ("10.78.0.1/32", 4), ("::/0", 5), ("fd00::/8", 6),
            ("fd00::/64", 7), ("fd00::1/128", 8),
        ]
        #expect(try table(entries).lookup(address(text)) == value)
        #expect(try table(entries.reversed()).lookup(address(text)) == value)
        #expect(try table(entries).count == 8)
    }

    @Test("keeps the families apart")
    func families() throws {
        let four = try table([("0.0.0.0/0", 4)])
        let six = try table([("::/0", 6)])
        #expect(try four.lookup(address("::")) == -1)
        #expect(try four.lookup(address("::fffe:1.2.3.4")) == -1)
        #expect(try four.lookup(address("1.2.3.4")) == 4)
        #expect(try six.lookup(address("1.2.3.4")) == -1)
        #expect(try six.lookup(address("0.0.0.0")) == -1)
        #expect(try six.lookup(address("::1:0:0")) == 6)
        #expect(try table([("::/96", 1), ("0.0.0.0/0", 2)]).lookup(address("::1.2.3.4")) == 1)
    }

    @Test("keeps the last value of a repeated prefix, whatever its host bits")
    func duplicates() throws {
        let table = try table([("10.78.0.1/24", 1), ("10.78.0.0/25", 9), ("10.78.0.200/24", 2), ("10.78.0.0/24", 3)])
        #expect(table.count == 2)
        #expect(try table.lookup(address("10.78.0.129")) == 3)
        #expect(try table.lookup(address("10.78.0.1")) == 9)
    }

    @Test("returns every value, including 0 and the largest")
    func values() throws {
        let table = try table([("10.0.0.1", 0), ("10.0.0.2", .max), ("10.0.0.3", 0x8000_0000)])
        #expect(try table.lookup(address("10.0.0.1")) == 0)
        #expect(try table.lookup(address("10.0.0.2")) == 4_294_967_295)
        #expect(try table.lookup(address("10.0.0.3")) == 2_147_483_648)
    }

    @Test("finds each of the 162 lengths that prefixes can have")
    func everyLength() throws {
        let bases = try [address("170.85.170.85"), address("aaaa:5555:aaaa:5555:aaaa:5555:aaaa:5555")]
        var entries: [(IPPrefix, UInt32)] = []
        for base in bases {
            for length in 0...base.bitCount {
                entries.append((try #require(IPPrefix(address: base, length: length)), UInt32(length + base.bitCount)))
            }
        }
        let table = PrefixTable(entries)
        #expect(table.count == 162)
        for base in bases {
            #expect(table.lookup(base) == 2 * base.bitCount)
            for bit in 0..<base.bitCount {
                // The first `bit` bits agree, the next one does not.
                var bytes = base.bytes
                bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8)
                #expect(table.lookup(try #require(IPAddress(bytes: bytes))) == bit + base.bitCount)
            }
        }
    }

    @Test("agrees with a search through all entries on random prefixes of both families", arguments: 0..<60)
    func agreesWithModel(seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        // Few bases with few changed bits, so that prefixes nest, touch and repeat.
        let bases =
            (0..<4).map { _ in generator.address() } + [IPAddress(ipv4: 0x0A4E_0001), IPAddress(high: 0xFD, low: 1)]
        func someAddress(using generator: inout SeededRandom) throws -> IPAddress {
            var bytes = (bases.randomElement(using: &generator) ?? bases[0]).bytes
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let bit = Int.random(in: 0..<bytes.count * 8, using: &generator)
                bytes[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            }
            return try #require(IPAddress(bytes: bytes))
        }
        var model = LinearTable()
        for _ in 0..<Int.random(in: 0...120, using: &generator) {
            let base = try someAddress(using: &generator)
            let bits = base.bitCount
            let common = [0, bits / 4, bits / 2, bits - 1, bits, bits].randomElement(using: &generator) ?? bits
            let any = Int.random(in: 0...bits, using: &generator)
            // No default routes in half of the tables, so that there are misses.
            let length = max(seed % 2 == 0 ? 0 : 1, Bool.random(using: &generator) ? common : any)
            let entry = try #require(IPPrefix(address: base, length: length))
            model.entries.append((entry, UInt32(truncatingIfNeeded: generator.next())))
        }
        let table = PrefixTable(model.entries.map { ($0.prefix, $0.value) })
        #expect(table.count == model.count)
        for _ in 0..<300 {
            let near = try someAddress(using: &generator)
            #expect(table.lookup(near) == model.lookup(near), "\(near)")
            let far = generator.address()
            #expect(table.lookup(far) == model.lookup(far), "\(far)")
        }
    }

    @Test(
        "finds each network in the first table, however many there are and whichever bits differ",
        arguments: [0, 8, 16, 20, 32, 48, 64, 84, 96, 120] as [UInt64])
    func everyCount(shift: UInt64) throws {
        for count in Array(1...300) + [1_000, 4_000] {
            let addresses = (0..<UInt64(count)).flatMap { number in
                let low = shift < 64 ? number << shift : 0
                let high = shift < 64 ? number >> (64 - shift) : number << (shift - 64)
                // The last bit of `high` keeps all of these IPv6.
                return [
                    IPAddress(high: high ^ 1, low: low), IPAddress(ipv4: UInt32(truncatingIfNeeded: number) << shift),
                ]
            }
            let values = Dictionary(zip(addresses, 0...)) { $1 } as [IPAddress: UInt32]
            let entries = try values.map { (try #require(IPPrefix(address: $0, length: $0.bitCount)), $1) }
            let table = PrefixTable(entries)
            #expect(table.count == values.count)
            #expect(table.tableCount == 2, "\(count)")
            for (address, value) in values where table.lookup(address) != Int(value) {
                Issue.record("\(address) of \(count) is not found")
            }
        }
    }

    @Test("finds networks with equal hashes", arguments: [1, 7, 100])
    func equalHashes(count: UInt64) throws {
        // For any seed, the first of three has the same hash as one of the others.
        let addresses = (0..<count).flatMap { number in
            let high = 0x2001_0DB8_0000_0000 + number
            return [
                IPAddress(high: high, low: 0), IPAddress(high: high ^ 1 << 63, low: 0x8000_0000_8000_0000),
                IPAddress(high: high ^ 1 << 63, low: 0x7FFF_FFFF_8000_0000),
            ]
        }
        let entries = try zip(addresses, 0...).map { (try #require(IPPrefix(address: $0, length: 128)), UInt32($1)) }
        let table = PrefixTable(entries)
        #expect(table.tableCount > 1)
        for (prefix, value) in entries { #expect(table.lookup(prefix.address) == Int(value)) }
        #expect(table.lookup(IPAddress(high: 0x2001_0DB8_0000_0000, low: 1)) == -1)
    }

    @Test("holds 100,000 host routes and networks and finds each")
    func manyEntries() throws {
        var entries: [(IPPrefix, UInt32)] = []
        for number in 0..<50_000 as Range<UInt32> {
            let host = IPAddress(ipv4: 0x0A00_0000 + number)
            let site = IPAddress(high: 0x2001_0DB8_0000_0000 | UInt64(number) << 16, low: 0)
            entries.append((try #require(IPPrefix(address: host, length: 32)), number))
            entries.append((try #require(IPPrefix(address: site, length: 48)), number + 50_000))
        }
        let table = PrefixTable(entries)
        #expect(table.count == 100_000)
        #expect(table.tableCount == 2)
        var wrong = 0
        for number in 0..<50_000 as Range<UInt32> {
            let site = UInt64(number) << 16
            wrong += table.lookup(IPAddress(ipv4: 0x0A00_0000 + number)) == Int(number) ? 0 : 1
            wrong += table.lookup(IPAddress(ipv4: 0x0B00_0000 + number)) == -1 ? 0 : 1
            let inside = IPAddress(high: 0x2001_0DB8_0000_FFFF | site, low: .max)
            wrong += table.lookup(inside) == Int(number) + 50_000 ? 0 : 1
            wrong += table.lookup(IPAddress(high: 0x2001_0DB9_0000_0000 | site, low: 0)) == -1 ? 0 : 1
        }
        #expect(wrong == 0)
    }

    @Test("is read by several tasks at once")
    func severalReaders() async throws {
        let table = try table([("10.0.0.0/8", 1), ("10.78.0.0/16", 2), ("::/0", 3)])
        let sums = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<5_000 as Range<UInt32>).reduce(0) { $0 + table.lookup(IPAddress(ipv4: 0x0A4E_0000 + $1)) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums == [10_000, 10_000, 10_000, 10_000])
    }
}
