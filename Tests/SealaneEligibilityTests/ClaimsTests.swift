import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

private func sample() throws -> Claims {
    try Claims(
        [
            .instanceID: "i-0123456789abcdef0", .instanceType: "u7in-32tb.224xlarge", .account: "123456789012",
            .region: "ap-southeast-1", .zone: "us-east-1-wl1-bos-wlz-1", .vpc: "vpc-0123456789abcdef0",
            .subnet: "subnet-0123456789abcdef0",
        ], addresses: [address("10.78.0.1"), address("fd00::1")])
}

/// The error that `body` throws; nil if it succeeds.
private func failure(_ body: () throws(ClaimsError) -> Claims) -> ClaimsError? {
    do throws(ClaimsError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

@Suite("Encoded claims")
struct ClaimsTests {
    @Test("have the documented layout")
    func layout() throws {
        let claims = try Claims(
            [.instanceType: "a.b", .vpc: "v"], addresses: [address("1.2.3.4"), address("fd00::2")])
        let bytes: [UInt8] =
            [1, 2, 0, 3] + "a.b".utf8 + [6, 0, 1] + "v".utf8 + [0x40, 0, 22, 4, 1, 2, 3, 4, 6, 0xFD]
            + Array(repeating: 0, count: 14) + [2]
        #expect(claims.encoded == bytes)
        #expect(try Claims().encoded == [1])
    }

    @Test("keep unknown entries of a newer peer byte for byte, and no rule uses them")
    func unknownTags() throws {
        let newer: [UInt8] =
            [1, 2, 0, 3] + "a.b".utf8 + [8, 0, 2, 0xFF, 0x1B] + [0x40, 0, 5, 4, 1, 2, 3, 4] + [0xC8, 0, 0]
        let claims = try Claims(decoding: newer)
        #expect(claims.encoded == newer)
        #expect(try Claims(decoding: claims.encoded) == claims)
        #expect(claims != (try Claims([.instanceType: "a.b"], addresses: [address("1.2.3.4")])))
        #expect(FactName.allCases.compactMap { claims[$0] } == ["a.b"])
        #expect(claims.addresses == [try address("1.2.3.4")])
        let peer = facts(type: "c5n.large", addresses: try prefixes("1.2.3.4/32"))
        #expect(codes(evaluate(local: facts(), peer: peer, claims: claims, policy: Policy())) == [.identityMismatch])
    }

    @Test("have a fixed tag for each fact, in ascending order")
    func tags() {
        #expect(FactName.allCases.map(\.wireTag) == [1, 2, 3, 4, 5, 6, 7])
        #expect(FactName.allCases.map(\.rawValue) == ["id", "type", "account", "region", "zone", "vpc", "subnet"])
        for name in FactName.allCases { #expect(FactName(wireTag: name.wireTag) == name) }
    }

    @Test("survive a round trip")
    func roundTrip() throws {
        #expect(try Claims(decoding: sample().encoded) == sample())
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
            let claims = try Claims(of: claim)
            let bytes = claims.encoded
            #expect(bytes.count <= Claims.byteLimit)
            #expect(try Claims(decoding: bytes) == claims)
            #expect(try Claims(decoding: bytes[...]) == claims)
        }
    }

    @Test("fit the longest names that AWS uses together with 16 IPv6 addresses")
    func longestRealClaims() throws {
        let addresses = (1...16).map { IPAddress(high: 0xFD00_0000_0000_0000, low: UInt64($0)) }
        let known = try sample()
        let claims = try Claims(
            [
                .instanceID: known[.instanceID], .instanceType: known[.instanceType], .account: known[.account],
                .region: known[.region], .zone: known[.zone], .vpc: known[.vpc], .subnet: known[.subnet],
            ], addresses: addresses)
        #expect(claims.encoded.count <= Claims.byteLimit)
        #expect(try Claims(decoding: claims.encoded) == claims)
    }

    @Test("are refused if truncated inside an entry or followed by an incomplete one")
    func truncation() throws {
        let bytes = try sample().encoded
        var whole: [Int] = []
        for length in bytes.indices {
            do throws(ClaimsError) {
                // Claims truncated after a whole entry are valid claims with less content. The handshake authenticates
                // the length.
                #expect(try Claims(decoding: bytes.prefix(length)).encoded == Array(bytes.prefix(length)))
                whole.append(length)
            } catch {
                guard case .truncated = error else {
                    Issue.record("\(length) of \(bytes.count) bytes: \(error)")
                    continue
                }
            }
        }
        #expect(whole == [1, 23, 45, 60, 77, 103, 127, 154])
        for byte in [0, 7, 0x40] as [UInt8] {
            #expect(failure { () throws(ClaimsError) in try Claims(decoding: bytes + [byte]) } != nil)
        }
        #expect(
            failure { () throws(ClaimsError) in try Claims(decoding: bytes + [0x41]) }
                == .truncated(field: "tag 65, length", needed: 1, left: 0))
    }

    @Test("with any changed byte are refused or encode to the same bytes")
    func mutation() throws {
        let bytes = try sample().encoded
        for index in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var mutated = bytes
                mutated[index] = value
                if let claims = try? Claims(decoding: mutated) { #expect(claims.encoded == mutated) }
            }
        }
    }

    @Test("from random bytes are refused or encode to the same bytes")
    func garbage() {
        var generator = SeededRandom(seed: 99)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...520, using: &generator)
            var bytes = (0..<length).map { _ in UInt8.random(in: 0...127, using: &generator) }
            if length > 2 && Bool.random(using: &generator) {
                bytes[0] = 1
                bytes[2] = 0
                if length > 3 { bytes[3] &= 0x1F }
            }
            if let claims = try? Claims(decoding: bytes) { #expect(claims.encoded == bytes) }
        }
    }

    @Test(
        "are refused with a specific error",
        arguments: [
            ([], ClaimsError.truncated(field: "version", needed: 1, left: 0)),
            ([2], .unknownVersion(2)),
            ([0], .unknownVersion(0)),
            ([1, 0, 0, 1, 1], .tagOutOfOrder(0, after: 0)),
            ([1, 2, 0, 1, 0x61, 1, 0, 1, 0x61], .tagOutOfOrder(1, after: 2)),
            ([1, 200, 0, 0, 0x41, 0, 0], .tagOutOfOrder(0x41, after: 200)),
            ([1, 2, 0, 1, 0x61, 2, 0, 1, 0x61], .repeatedTag(2)),
            ([1, 0x41, 0, 0, 0x41, 0, 0], .repeatedTag(0x41)),
            ([1, 1, 0, 0], .emptyField("id")),
            ([1, 2, 0, 65] + Array(repeating: 0x61, count: 65), .fieldTooLong(field: "type", bytes: 65, limit: 64)),
            ([1, 2, 1, 0, 0x61], .fieldTooLong(field: "type", bytes: 256, limit: 64)),
            ([1, 4, 0, 2, 0xC3, 0x28], .notUTF8(field: "region")),
            ([1, 4, 0, 2, 0xC0, 0xAF], .notUTF8(field: "region")),
            ([1, 0x40, 0, 0], .emptyField("addresses")),
            (
                [1, 0x40, 0, 85] + (0..<17).flatMap { [4, 1, 2, 3, $0] },
                .tooManyEntries(what: "addresses", count: 17, limit: 16)
            ),
            ([1, 0x40, 0, 5, 5, 0, 0, 0, 0], .unknownAddressFamily(5)),
            ([1, 0x40, 0, 4, 4, 0, 0, 0], .truncated(field: "address", needed: 4, left: 3)),
            (
                [1, 0x40, 0, 17, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4], .unknownAddressFamily(6)
            ),
            ([1, 0x40, 0, 10, 4, 1, 2, 3, 4, 4, 1, 2, 3, 4], .duplicateAddress(IPAddress(ipv4: 0x0102_0304))),
            ([1, 8, 0, 2, 1], .truncated(field: "tag 8", needed: 2, left: 1)),
            (Array(repeating: 1, count: 481), .tooLong(bytes: 481, limit: 480)),
        ] as [([UInt8], ClaimsError)])
    func namedErrors(bytes: [UInt8], expected: ClaimsError) {
        #expect(failure { () throws(ClaimsError) in try Claims(decoding: bytes) } == expected)
        #expect(!expected.description.isEmpty)
    }

    @Test(
        "cannot contain terminal escapes, line breaks or invisible characters",
        arguments: [
            0x00, 0x07, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0xA0, 0xAD, 0x200B, 0x200E, 0x2028, 0x2029, 0x202E,
            0x2066, 0x2003, 0x3164, 0xE000, 0xFE0F, 0xFEFF, 0xFFFF, 0xE0041,
        ] as [UInt32])
    func unprintable(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let text = "vpc" + String(Character(scalar)) + "a"
        let expected = ClaimsError.unprintable(field: "vpc", scalar: value)
        #expect(failure { () throws(ClaimsError) in try Claims([.vpc: text]) } == expected)
        let bytes: [UInt8] = [1, 6, 0, UInt8(text.utf8.count)] + text.utf8
        #expect(failure { () throws(ClaimsError) in try Claims(decoding: bytes) } == expected)
    }

    @Test("cannot be created from facts that do not fit")
    func tooLarge() throws {
        let long = String(repeating: "x", count: 64)
        let addresses = (1...16).map { IPAddress(high: 1, low: UInt64($0)) }
        let error = failure { () throws(ClaimsError) in
            try Claims(
                [
                    .instanceID: long, .instanceType: long, .account: long, .region: long, .zone: long, .vpc: long,
                    .subnet: long,
                ], addresses: addresses)
        }
        #expect(error == .tooLong(bytes: 745, limit: 480))
        #expect(
            failure { () throws(ClaimsError) in try Claims([.zone: long + "x"]) }
                == .fieldTooLong(field: "zone", bytes: 65, limit: 64))
        #expect(failure { () throws(ClaimsError) in try Claims([.zone: ""]) } == .emptyField("zone"))
        let seventeen = (1...17).map { IPAddress(ipv4: $0) }
        #expect(
            failure { () throws(ClaimsError) in try Claims(addresses: seventeen) }
                == .tooManyEntries(what: "addresses", count: 17, limit: 16))
    }

    @Test("contain the interface's addresses without prefix lengths, and omit unknown facts")
    func ofFacts() throws {
        let claims = try Claims(of: facts(type: "", addresses: try prefixes("10.78.0.1/24")))
        #expect(claims[.instanceType] == nil)
        #expect(claims[.region] == "us-east-1")
        #expect(claims.addresses == [try address("10.78.0.1")])
    }
}
