import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

@Suite("Instance identity documents signed by AWS")
struct InstanceIdentityDocumentTests {
    @Test("every vector verifies with the certificate of its Region", arguments: InstanceIdentityVector.all)
    func vectorsVerify(vector: InstanceIdentityVector) throws {
        let document = try InstanceIdentityDocument(verifying: vector.signature, with: .aws)
        #expect(document.instanceID == vector.instanceID)
        #expect(document.account == vector.account)
        #expect(document.region == vector.region)
        #expect(document.digest == vector.digest)
    }

    @Test("the document of 2018 has the values in its text")
    func members() throws {
        let document = try InstanceIdentityDocument(
            verifying: InstanceIdentityVector.all[0].signature,
            document: InstanceIdentityVector.file("us-west-2-2018.document"), with: .aws)
        #expect(document.instanceID == "i-0a30e04d85e6f8793")
        #expect(document.instanceType == InstanceType("t2.nano"))
        #expect(document.account == "692406183521")
        #expect(document.region == "us-west-2")
        #expect(document.zone == "us-west-2a")
        #expect(document.privateIPv4 == IPAddress("172.31.46.215"))
        // From date --utc --date 2018-05-09T12:30:58Z +%s, and five seconds later.
        #expect(document.pendingTime.timeIntervalSince1970 == 1_525_869_058)
        #expect(document.signingTime.timeIntervalSince1970 == 1_525_869_063)
    }

    @Test("its facts have AWS's signature as provenance, and VPC and subnet are unknown")
    func facts() throws {
        let facts = try InstanceIdentityDocument(verifying: InstanceIdentityVector.all[0].signature, with: .aws).facts
        let expected: [FactName: String] = [
            .instanceID: "i-0a30e04d85e6f8793", .instanceType: "t2.nano", .account: "692406183521",
            .region: "us-west-2", .zone: "us-west-2a",
        ]
        for name in FactName.allCases {
            #expect(facts[name] == expected[name].map { Fact($0, .signedDocument) })
        }
        let address = try #require(IPPrefix("172.31.46.215/32"))
        #expect(facts.addresses == Fact([address], .signedDocument))
    }

    @Test("the text of a signature may have other line endings or be one line, but no other form is accepted")
    func lines() throws {
        let vector = InstanceIdentityVector.all[0]
        let text = String(decoding: try vector.signature, as: UTF8.self).trimmingCharacters(in: .newlines)
        try #require(text.hasSuffix("A="))
        for good in [text + "\n", text.replacing("\n", with: "\r\n"), text.replacing("\n", with: "")] {
            #expect(throws: Never.self) { try InstanceIdentityDocument(verifying: Array(good.utf8), with: .aws) }
        }
        let bad = [
            "", "\n", "=", "====", " " + text, text + "=", text + "A", text + "AAAA", String(text.dropLast()),
            "-----BEGIN PKCS7-----\n\(text)\n-----END PKCS7-----\n", text.replacing("/", with: "_"),
            // The unused bits of the last digit.
            String(text.dropLast(2)) + "B=",
        ]
        for text in bad {
            let refusal = refusal { _ = try InstanceIdentityDocument(verifying: Array(text.utf8), with: .aws) }
            #expect([.base64, .structure].contains(refusal?.check), "\(text.suffix(8))")
        }
    }

    @Test("more than 8192 bytes are refused without parsing")
    func size() throws {
        let vector = InstanceIdentityVector.all[0]
        let padding = [UInt8](repeating: UInt8(ascii: "\n"), count: 8192 - (try vector.signature).count)
        #expect(throws: Never.self) { try InstanceIdentityDocument(verifying: vector.signature + padding, with: .aws) }
        let long = refusal {
            _ = try InstanceIdentityDocument(verifying: vector.signature + padding + [0x0A], with: .aws)
        }
        #expect(long?.check == .size)
        #expect(long?.description.contains("8193") == true)
        let document = refusal(of: try vector.blob, document: [UInt8](repeating: 0x20, count: 8193))
        #expect(document?.check == .size)
    }

    @Test("a separate document must equal the signed one: an added newline and every single-bit flip are refused")
    func separateDocument() throws {
        let blob = try InstanceIdentityVector.all[0].blob
        let document = try InstanceIdentityVector.file("us-west-2-2018.document")
        #expect(refusal(of: blob, document: document) == nil)
        for wrong in [document + [0x0A], [0x0A] + document, document.dropLast(), []] {
            #expect(refusal(of: blob, document: Array(wrong))?.check == .copy)
        }
        #expect(refusal(of: blob, document: document + [0x0A])?.observed.contains("at byte 467") == true)
        for bit in 0..<document.count * 8 {
            var flipped = document
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            let refusal = refusal(of: blob, document: flipped)
            #expect(refusal?.check == .copy, "bit \(bit)")
            #expect(refusal?.observed.hasSuffix("at byte \(bit / 8)") == true)
        }
    }

    @Test("an error contains the failed check, and what was observed and required")
    func errorText() throws {
        let document = try InstanceIdentityVector.file("us-west-2-2018.document")
        let refusal = refusal(of: try InstanceIdentityVector.all[0].blob, document: document + [0x0A])
        #expect(
            refusal?.description
                == "instance identity document, copy: the document of 468 bytes differs at byte 467; "
                + "expected exactly the 467 bytes inside the signature")
    }
}
