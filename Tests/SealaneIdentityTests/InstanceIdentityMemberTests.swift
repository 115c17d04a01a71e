import Crypto
import Foundation
import SealaneIdentity
import TestSupport
import Testing

/// Why `document` is refused after its Region's key signed it; nil if it is accepted.
private func refusal(ofSigned document: String) throws -> InstanceIdentityDocumentError? {
    let region = try TestRegion.shared
    return try region.refusal(of: region.signed(document))
}

@Suite("The text of a signed document")
struct InstanceIdentityMemberTests {
    @Test("unused members may be missing, new, or of any type")
    func unknownMembers() throws {
        let values = [
            "null", "true", "false", "0", "-0", "-1.5e+10", "1E9", #""""#, #""\u00e9\ud83d\ude00\n\/""#, "[]", "{}",
            #"[1, [2, {"a": [null]}], "x"]"#, #"{"region": "aa-bb-1", "b": {"b": 1}}"#,
        ]
        for value in values {
            #expect(try refusal(ofSigned: testRegionDocument(["imageId": value])) == nil, "\(value)")
        }
        #expect(try refusal(ofSigned: testRegionDocument(["imageId": nil, "version": nil])) == nil)
        let compact = testRegionDocument().filter { !$0.isWhitespace }
        #expect(try refusal(ofSigned: compact) == nil)
        #expect(try refusal(ofSigned: "\r\n\t \(compact)\n ") == nil)
    }

    @Test(
        "a used member must be present and be a string",
        arguments: ["accountId", "availabilityZone", "instanceId", "instanceType", "pendingTime", "region"])
    func missing(name: String) throws {
        for value in [nil, "null", "1", "true", "[]", #"["a"]"#, "{}"] {
            let refusal = try #require(try refusal(ofSigned: testRegionDocument([name: value])))
            #expect(refusal.check == .member)
            #expect(refusal.observed.contains(name))
        }
    }

    @Test(
        "a used member must have AWS's form, otherwise it is quoted in the error",
        arguments: [
            ("accountId", ["", "12345678901", "1234567890123", "12345678901a", "１23456789012"]),
            ("availabilityZone", ["", "XX-test-1a", "xx test"]),
            ("instanceId", ["", "i-", "i-0123456789abcdef", "i-0123456789ABCDEF0", "j-01234567", "i-0123456g"]),
            ("instanceType", ["", "c5n", "c5n.", "C5n.large", "c5n.large ", "c5n.18xlarge.b"]),
            (
                "pendingTime",
                [
                    "", "2026-01-31", "2026-01-31T23:59:55", "2026-01-31T23:59:55.0Z", "2026-01-31T23:59:55+00:00",
                    "2026-01-31 23:59:55Z", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T23:59:60Z",
                    "20260131T235955Z", "2026-1-31T23:59:550Z",
                ]
            ),
            ("privateIp", ["", "10.0.0", "10.0.0.256", "10.0.0.01", "fd00::1", "::ffff:10.0.0.1", "10.0.0.1/24"]),
            ("region", ["", "xx test", "xx-test-1\\u0000", "XX-TEST-1"]),
        ])
    func form(name: String, values: [String]) throws {
        for value in values {
            let refusal = try #require(try refusal(ofSigned: testRegionDocument([name: "\"\(value)\""])))
            #expect(refusal.check == .member, "\(name) \(value)")
            #expect(refusal.observed.contains(name))
            if value.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) {
                #expect(refusal.observed.contains("\"\(value)\""))
            }
        }
    }

    @Test("an error does not quote control characters or long text")
    func unprintable() throws {
        for value in [#"\u001b[2J"#, #"\u202e"#, String(repeating: "a", count: 1000)] {
            let refusal = try #require(try refusal(ofSigned: testRegionDocument(["accountId": "\"\(value)\""])))
            #expect(refusal.description.utf8.count < 200)
            #expect(refusal.description.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
    }

    @Test("the IPv4 address is optional", arguments: [nil, "null"])
    func withoutAddress(value: String?) throws {
        let region = try TestRegion.shared
        let document = try region.document(verifying: region.signed(testRegionDocument(["privateIp": value])))
        #expect(document.privateIPv4 == nil)
        #expect(document.facts.addresses == nil)
    }

    @Test("instance ids with 8 digits are accepted too")
    func shortID() throws {
        #expect(try refusal(ofSigned: testRegionDocument(["instanceId": #""i-0a1b2c3d""#])) == nil)
    }

    @Test("a duplicate name is refused, even if escaped differently, whether it is used or not")
    func duplicates() throws {
        let document = testRegionDocument()
        let members = [
            #""accountId": "123456789012""#, #""account\u0049d": "999999999999""#, #""region": null"#, #""imageId": 1"#,
        ]
        for member in members {
            let before = document.replacing("{\n", with: "{\(member), ")
            let after = document.replacing("\n}", with: ", \(member)}")
            #expect(try refusal(ofSigned: before)?.check == .json, "\(before)")
            #expect(try refusal(ofSigned: after)?.check == .json, "\(after)")
        }
        let nested = testRegionDocument(["imageId": #"{"a": 1, "a": 2}"#])
        #expect(try refusal(ofSigned: nested)?.check == .json)
    }

    @Test(
        "anything but a single JSON object is refused",
        arguments: [
            "", " ", "{", "}", "{}{}", "{} x", "[]", "null", "\"a\"", "1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
            "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}",
            "{\"a\":1e}", "{\"a\":-}", "{\"a\":nul}", "{\"a\":NaN}", "{\"a\":tru}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ude00\\ud83d\"}", "{\"a\":\"\\ud83d\\u0041\"}",
            "{\"a\":\"", "{\"a\":\"\\", "{\"a\":[1,]}", "{\"a\":[1", "// c\n{}", "{\"a\":1}\0", "\u{FEFF}{}",
            "\u{A0}{}",
        ])
    func notAnObject(text: String) throws {
        #expect(try refusal(ofSigned: text)?.check == .json)
    }

    @Test("text that is not UTF-8 is refused")
    func notUTF8() {
        for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xC3]] as [[UInt8]] {
            let document = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
            // No key is needed: the document is parsed before the signature is verified.
            let signed = SignedDocument(
                document, digest: Array(SHA256.hash(data: document)), issuer: der(0x30), serialNumber: der(0x02, [1]))
            #expect(SealaneIdentityTests.refusal(of: signed.encoded { _ in [] })?.check == .json)
        }
    }

    @Test("eight levels of arrays and objects are accepted, nine are refused")
    func depth() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            func nested(_ depth: Int) -> String {
                let inner = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                return testRegionDocument(["imageId": inner])
            }
            #expect(try refusal(ofSigned: nested(7)) == nil)
            #expect(try refusal(ofSigned: nested(8))?.check == .json)
            #expect(try refusal(ofSigned: nested(500))?.check == .json)
        }
    }
}
