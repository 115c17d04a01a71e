import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

private func sample() throws -> Statement {
    try Statement(
        instanceID: "i-0123456789abcdef0", instanceType: "u7in-32tb.224xlarge", account: "123456789012",
        region: "ap-southeast-1", zone: "us-east-1-wl1-bos-wlz-1", vpc: "vpc-0123456789abcdef0",
        subnet: "subnet-0123456789abcdef0", addresses: [address("10.78.0.1"), address("fd00::1")])
}

/// The error `body` throws, or `nil`.
private func failure(_ body: () throws(PayloadError) -> Statement) -> PayloadError? {
    do throws(PayloadError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

@Suite("An encoded statement")
struct StatementCodecTests {
    @Test("has the documented layout")
    func layout() throws {
        let statement = try Statement(
            instanceType: "a.b", vpc: "v", addresses: [address("1.2.3.4"), address("fd00::2")])
        let bytes: [UInt8] =
            [1, 0b010_0010, 3] + "a.b".utf8 + [1] + "v".utf8 + [2, 4, 1, 2, 3, 4, 6, 0xFD]
            + Array(repeating: 0, count: 14) + [2]
        #expect(statement.encoded == bytes)
        #expect(try Statement().encoded == [1, 0, 0])
    }

    @Test("comes back as it was, whatever is claimed")
    func roundTrip() throws {
        #expect(try Statement(decoding: sample().encoded) == sample())
        var generator = SeededRandom(seed: 7)
        for _ in 0..<2_000 {
            var claim = Facts()
            for name in FactName.allCases where Bool.random(using: &generator) {
                let alphabet = Array("abcxyz0189-._ é漢🙂")
                let length = Int.random(in: 1...6, using: &generator)
                claim[name] = stated(String((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" }))
            }
            let addresses = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                Bool.random(using: &generator)
                    ? IPAddress(ipv4: UInt32.random(in: 0 ... .max, using: &generator))
                    : IPAddress(high: generator.next() | 1, low: generator.next())
            }
            let prefixes = try addresses.map { try #require(IPPrefix(address: $0, length: $0.isIPv4 ? 32 : 128)) }
            claim.addresses = Fact(prefixes, .stated)
            let statement = try Statement(of: claim)
            let bytes = statement.encoded
            #expect(bytes.count <= Statement.byteLimit)
            #expect(try Statement(decoding: bytes) == statement)
            #expect(try Statement(decoding: bytes[...]) == statement)
        }
    }

    @Test("carries the longest names that AWS gives together with 16 IPv6 addresses")
    func longestRealStatement() throws {
        let addresses = (1...16).map { IPAddress(high: 0xFD00_0000_0000_0000, low: UInt64($0)) }
        let known = try sample()
        let statement = try Statement(
            instanceID: known.instanceID, instanceType: known.instanceType, account: known.account,
            region: known.region, zone: known.zone, vpc: known.vpc, subnet: known.subnet, addresses: addresses)
        #expect(statement.encoded.count <= Statement.byteLimit)
        #expect(try Statement(decoding: statement.encoded) == statement)
    }

    @Test("is refused when cut short at any length, or followed by anything")
    func truncation() throws {
        let bytes = try sample().encoded
        for length in bytes.indices {
            let error = failure { () throws(PayloadError) in try Statement(decoding: bytes.prefix(length)) }
            guard case .truncated = error else {
                Issue.record("\(length) of \(bytes.count) bytes: \(String(describing: error))")
                continue
            }
        }
        #expect(failure { () throws(PayloadError) in try Statement(decoding: bytes + [0]) } == .trailingBytes(1))
    }

    @Test("is either refused or means the same bytes when any byte is changed")
    func mutation() throws {
        let bytes = try sample().encoded
        for index in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var mutated = bytes
                mutated[index] = value
                if let statement = try? Statement(decoding: mutated) { #expect(statement.encoded == mutated) }
            }
        }
    }

    @Test("is either refused or means the same bytes when it is random")
    func garbage() {
        var generator = SeededRandom(seed: 99)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...520, using: &generator)
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...127, using: &generator) }
            if length > 2 && Bool.random(using: &generator) {
                bytes[0] = 1
                bytes[2] &= 0x1F
            }
            if let statement = try? Statement(decoding: bytes) { #expect(statement.encoded == bytes) }
        }
    }

    @Test(
        "is refused with an error that names what is wrong",
        arguments: [
            ([2, 0, 0], PayloadError.unknownVersion(2)),
            ([0, 0, 0], .unknownVersion(0)),
            ([1, 0x80, 0], .reservedBits(0x80)),
            ([1, 1, 0, 0], .emptyField("id")),
            (
                [1, 2, 65] + Array(repeating: 0x61, count: 65) + [0],
                .fieldTooLong(field: "type", bytes: 65, limit: 64)
            ),
            ([1, 8, 2, 0xC3, 0x28, 0], .notUTF8(field: "region")),
            ([1, 8, 2, 0xC0, 0xAF, 0], .notUTF8(field: "region")),
            ([1, 0, 17], .tooManyEntries(what: "addresses", count: 17, limit: 16)),
            ([1, 0, 1, 5, 0, 0, 0, 0], .unknownAddressFamily(5)),
            ([1, 0, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4], .unknownAddressFamily(6)),
            ([1, 0, 2, 4, 1, 2, 3, 4, 4, 1, 2, 3, 4], .duplicateAddress(IPAddress(ipv4: 0x0102_0304))),
            (Array(repeating: 1, count: 481), .tooLong(bytes: 481, limit: 480)),
        ] as [([UInt8], PayloadError)])
    func namedErrors(bytes: [UInt8], expected: PayloadError) {
        #expect(failure { () throws(PayloadError) in try Statement(decoding: bytes) } == expected)
        #expect(!expected.description.isEmpty)
    }

    @Test(
        "cannot carry terminal escapes, line breaks or invisible characters",
        arguments: [
            0x00, 0x07, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0xA0, 0xAD, 0x200B, 0x200E, 0x2028, 0x2029, 0x202E,
            0x2066, 0x2003, 0x3164, 0xE000, 0xFE0F, 0xFEFF, 0xFFFF, 0xE0041,
        ] as [UInt32])
    func unprintable(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let text = "vpc" + String(Character(scalar)) + "a"
        let expected = PayloadError.unprintable(field: "vpc", scalar: value)
        #expect(failure { () throws(PayloadError) in try Statement(vpc: text) } == expected)
        let bytes: [UInt8] = [1, 0b10_0000, UInt8(text.utf8.count)] + text.utf8 + [0]
        #expect(failure { () throws(PayloadError) in try Statement(decoding: bytes) } == expected)
    }

    @Test("cannot be made of facts that do not fit")
    func tooLarge() throws {
        let long = String(repeating: "x", count: 64)
        let addresses = (1...16).map { IPAddress(high: 1, low: UInt64($0)) }
        let error = failure { () throws(PayloadError) in
            try Statement(
                instanceID: long, instanceType: long, account: long, region: long, zone: long, vpc: long, subnet: long,
                addresses: addresses)
        }
        #expect(error == .tooLong(bytes: 730, limit: 480))
        #expect(
            failure { () throws(PayloadError) in try Statement(zone: long + "x") }
                == .fieldTooLong(field: "zone", bytes: 65, limit: 64))
        #expect(failure { () throws(PayloadError) in try Statement(zone: "") } == .emptyField("zone"))
        let seventeen = (1...17).map { IPAddress(ipv4: $0) }
        #expect(
            failure { () throws(PayloadError) in try Statement(addresses: seventeen) }
                == .tooManyEntries(what: "addresses", count: 17, limit: 16))
    }

    @Test("says the addresses of the interface, not their prefixes, and leaves out what is unknown")
    func ofFacts() throws {
        let statement = try Statement(of: facts(type: "", addresses: try prefixes("10.78.0.1/24")))
        #expect(statement.instanceType == nil)
        #expect(statement.region == "us-east-1")
        #expect(statement.addresses == [try address("10.78.0.1")])
    }
}
