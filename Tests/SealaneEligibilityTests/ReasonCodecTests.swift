import Foundation
import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

private func failure(_ bytes: [UInt8]) -> ClaimsError? {
    do throws(ClaimsError) {
        _ = try Reason.decode(bytes)
        return nil
    } catch {
        return error
    }
}

private func reason(
    _ code: ReasonCode = .regionMismatch, _ observed: String, required: String = "", source: String = ""
)
    -> Reason
{
    Reason(code: code, observed: observed, required: required, source: source)
}

@Suite("Encoded reasons")
struct ReasonCodecTests {
    @Test("have the documented layout and a fixed number for each code")
    func layout() {
        let reasons = ReasonCode.allCases.map { reason($0, "o", required: "rr") }
        let texts: [UInt8] = [1] + Array("o".utf8) + [2] + Array("rr".utf8) + [0]
        let entries: [UInt8] = stableCodes.flatMap { [$0.number] + texts }
        #expect(Reason.encode(reasons) == [1, UInt8(stableCodes.count)] + entries)
        #expect(Reason.encode([]) == [1, 0])
    }

    @Test("survive a round trip if they fit")
    func roundTrip() throws {
        let verdict = evaluate(
            local: facts(type: "m5.large"), peer: facts(region: "us-west-2", vpc: nil), policy: Policy())
        #expect(verdict.reasons.count == 3)
        let bytes = Reason.encode(verdict.reasons)
        #expect(try Reason.decode(bytes) == verdict.reasons)
        #expect(try Reason.decode(bytes[...]) == verdict.reasons)
        #expect(try Reason.decode(Reason.encode([])) == [])
    }

    @Test("keep every code and `observed` if there is no room for all texts")
    func dropsWholeFields() throws {
        let prefixes = try prefixes("10.78.0.2/32", "fd00:1234:5678:9abc:def0:1234:5678:9abc/128")
        let addresses = (1...16).map { IPAddress(high: 0x2001_0DB8_0000_0000, low: UInt64($0)) }
        let peer = facts(
            id: "a", type: "t3.large", account: "b", region: "r", zone: "z", vpc: "v", subnet: "s",
            addresses: prefixes)
        let claims = try Claims(
            [.instanceID: "1", .instanceType: "2", .account: "3", .region: "4", .zone: "5", .vpc: "6", .subnet: "7"],
            addresses: addresses)
        let reasons = evaluate(local: facts(type: "t2.nano"), peer: peer, claims: claims, policy: Policy()).reasons
        #expect(reasons.count == 27)
        let bytes = Reason.encode(reasons)
        #expect(bytes.count <= Reason.encodedByteLimit)
        let decoded = try Reason.decode(bytes)
        #expect(decoded.map(\.code) == reasons.map(\.code))
        for (short, full) in zip(decoded, reasons) {
            #expect(short.observed == full.observed || short.observed.isEmpty)
            #expect(short.required == full.required || short.required.isEmpty)
            #expect(short.source == full.source || short.source.isEmpty)
        }
        #expect(decoded.filter { !$0.observed.isEmpty }.count > 20)
    }

    @Test("keep the first 32")
    func keepsFirst() throws {
        let many = (0..<40).map { reason(.addressNotOwned, "\($0)") }
        #expect(try Reason.decode(Reason.encode(many)) == Array(many.prefix(32)))
    }

    @Test("truncate a long text between characters and mark it")
    func cutsLongText() throws {
        for character in ["a", "é", "漢", "🙂"] {
            for count in 20...130 {
                let text = String(repeating: character, count: count)
                let decoded = try #require(try Reason.decode(Reason.encode([reason(.factsUnknown, text)])).first)
                #expect(decoded.observed.utf8.count <= Reason.encodedFieldByteLimit)
                if text.utf8.count <= Reason.encodedFieldByteLimit {
                    #expect(decoded.observed == text)
                } else {
                    #expect(decoded.observed.hasSuffix("…"))
                    #expect(text.hasPrefix(decoded.observed.dropLast()))
                    #expect(decoded.observed.utf8.count > Reason.encodedFieldByteLimit - 4)
                }
            }
        }
    }

    @Test("can always be decoded, whatever the reasons contain")
    func alwaysDecodable() throws {
        var generator = SeededRandom(seed: 3)
        let scalars: [Unicode.Scalar] = ["a", "\u{1B}", "\n", "é", "漢", "🙂", "\u{202E}", "\u{0301}", "\u{0}"]
        for _ in 0..<2_000 {
            func text() -> String {
                var view = String.UnicodeScalarView()
                for _ in 0..<Int.random(in: 0...140, using: &generator) {
                    view.append(scalars.randomElement(using: &generator) ?? "a")
                }
                return String(view)
            }
            let reasons = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                reason(
                    ReasonCode.allCases.randomElement(using: &generator) ?? .factsUnknown, text(), required: text(),
                    source: text())
            }
            let bytes = Reason.encode(reasons)
            #expect(bytes.count <= Reason.encodedByteLimit)
            let decoded = try Reason.decode(bytes)
            #expect(decoded.map(\.code) == reasons.prefix(32).map(\.code))
            #expect(Reason.encode(decoded) == bytes)
        }
        let escape = try Reason.decode(Reason.encode([reason(.factsUnknown, "\u{1B}[2Jx\ny")]))
        #expect(escape.first?.observed == "\u{FFFD}[2Jx\u{FFFD}y")
    }

    @Test("are refused if truncated at any length or followed by anything")
    func truncation() {
        let bytes = Reason.encode([reason(.vpcNotShared, "observed", required: "required", source: "source")])
        for length in bytes.indices {
            guard case .truncated = failure(Array(bytes.prefix(length))) else {
                Issue.record("\(length) of \(bytes.count) bytes: \(String(describing: failure(bytes)))")
                continue
            }
        }
        #expect(failure(bytes + [0]) == .trailingBytes(1))
    }

    @Test("with any changed byte are refused or encode to the same bytes")
    func mutation() {
        let bytes = Reason.encode([
            reason(.vpcNotShared, "é observed", required: "required"), reason(.factsUnknown, "peer vpc unknown"),
        ])
        for index in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var mutated = bytes
                mutated[index] = value
                if let reasons = try? Reason.decode(mutated) { #expect(Reason.encode(reasons) == mutated) }
            }
        }
    }

    @Test(
        "are refused with a specific error",
        arguments: [
            ([3, 0], ClaimsError.unknownVersion(3)),
            ([1, 33], .tooManyEntries(what: "reasons", count: 33, limit: 32)),
            ([1, 1, 0, 0, 0, 0], .unknownReasonCode(0)),
            ([1, 1, 200, 0, 0, 0], .unknownReasonCode(200)),
            ([1, 1, 3, 1, 0x1B, 0, 0], .unprintable(field: "observed", scalar: 0x1B)),
            ([1, 1, 3, 0, 1, 0x80, 0], .notUTF8(field: "required")),
            (
                [1, 1, 3, 121] + Array(repeating: 0x61, count: 123),
                .fieldTooLong(field: "observed", bytes: 121, limit: 120)
            ),
            (Array(repeating: 1, count: 601), .tooLong(bytes: 601, limit: 600)),
        ] as [([UInt8], ClaimsError)])
    func namedErrors(bytes: [UInt8], expected: ClaimsError) {
        #expect(failure(bytes) == expected)
        #expect(!expected.description.isEmpty)
    }

    @Test("use the stable codes in JSON, and provenance its words")
    func json() throws {
        let data = try JSONEncoder().encode([reason(.peeringNotActive, "pcx-1 expired")])
        #expect(String(decoding: data, as: UTF8.self).contains("\"peering-not-active\""))
        #expect(try JSONDecoder().decode([Reason].self, from: data) == [reason(.peeringNotActive, "pcx-1 expired")])
        let words = try JSONEncoder().encode(Provenance.allCases)
        #expect(String(decoding: words, as: UTF8.self).hasPrefix("[\"stated by operator\","))
        #expect(try JSONDecoder().decode([Provenance].self, from: words) == Provenance.allCases)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([Provenance].self, from: Data("[\"hearsay\"]".utf8))
        }
    }
}
