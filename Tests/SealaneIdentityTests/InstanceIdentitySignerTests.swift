import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

@Suite("Instance identity documents of a Region whose certificate the operator added")
struct InstanceIdentitySignerTests {
    /// Two openssl commands, definite DER and streamed BER, with either name for the algorithm.
    private static let forms: [[String]] = [
        ["smime", "-sign"], ["cms", "-sign"], ["cms", "-sign", "-stream"], ["smime", "-sign", "-stream"],
        ["cms", "-sign", "-nosmimecap"],
    ]

    private func signed(_ form: [String], _ more: [String] = []) throws -> [UInt8] {
        let region = try TestRegion.shared
        let fixed = ["-binary", "-nodetach", "-nocerts", "-outform", "DER"]
        let digest = more.contains("-md") ? [] : ["-md", "sha256"]
        return try region.openssl(
            form + fixed + digest + more + TestRegion.signer, input: Array(testRegionDocument().utf8))
    }

    @Test("documents signed by openssl verify in each of its forms", arguments: forms)
    func opensslSigns(form: [String]) throws {
        let region = try TestRegion.shared
        let before = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let document = try InstanceIdentityDocument(
            verifying: base64(try signed(form)), with: region.certificates)
        #expect(document.region == "xx-test-1")
        #expect(document.zone == "xx-test-1a")
        #expect(document.instanceID == "i-0123456789abcdef0")
        #expect(document.instanceType == InstanceType("c5n.18xlarge"))
        #expect(document.account == "123456789012")
        #expect(document.privateIPv4 == IPAddress("10.0.0.1"))
        // From date --utc --date 2026-01-31T23:59:55Z +%s.
        #expect(document.pendingTime.timeIntervalSince1970 == 1_769_903_995)
        #expect(document.signingTime >= before && document.signingTime <= Date())
    }

    @Test("every single-bit flip of a signature by openssl is refused", arguments: forms)
    func flips(form: [String]) throws {
        try expectEveryFlipRefused(of: try signed(form), with: TestRegion.shared.certificates)
    }

    @Test("the same document is refused with AWS's Regions only, because its Region is unknown")
    func unknownRegion() throws {
        let refusal = try #require(refusal(of: try signed(["cms", "-sign"])))
        #expect(refusal.check == .region)
        #expect(refusal.observed.contains("xx-test-1"))
    }

    @Test("a signature that names AWS's certificate but was made by another key is refused")
    func forged() throws {
        let region = try TestRegion.shared
        let vector = try InstanceIdentityVector.all[0].blob
        var forged = region.signed(String(decoding: vector[58..<525], as: UTF8.self))
        forged.issuer = Array(vector[544..<638])
        forged.serialNumber = Array(vector[638..<649])
        let refusal = try #require(try region.refusal(of: forged))
        #expect(refusal.check == .signature)
    }

    @Test(
        "openssl's other forms are refused: another digest, PSS, no attributes, a key identifier",
        arguments: [
            ["-md", "sha1"], ["-md", "sha384"], ["-md", "sha512"], ["-keyopt", "rsa_padding_mode:pss"], ["-noattr"],
            ["-keyid"],
        ])
    func otherForms(options: [String]) throws {
        // openssl requires a key's options after the signer.
        let region = try TestRegion.shared
        let digest = options.contains("-md") ? [] : ["-md", "sha256"]
        let blob = try region.openssl(
            ["cms", "-sign", "-binary", "-nodetach", "-nocerts", "-outform", "DER"] + digest + TestRegion.signer
                + options,
            input: Array(testRegionDocument().utf8))
        #expect(SealaneIdentityTests.refusal(of: blob, with: region.certificates)?.check == .structure)
    }

    @Test("embedded certificates, a detached document and two signers are refused")
    func envelope() throws {
        let region = try TestRegion.shared
        let common = ["cms", "-sign", "-binary", "-md", "sha256", "-outform", "DER"]
        for options in [["-nodetach"], ["-nocerts"], ["-nodetach", "-nocerts"] + TestRegion.signer] {
            let blob = try region.openssl(
                common + options + TestRegion.signer, input: Array(testRegionDocument().utf8))
            #expect(SealaneIdentityTests.refusal(of: blob, with: region.certificates)?.check == .structure)
        }
    }

    @Test("openssl verifies the structure that these tests build")
    func opensslVerifies() throws {
        let region = try TestRegion.shared
        for algorithm in [SignedDocument.rsa, SignedDocument.sha256WithRSA] {
            var signed = region.signed(testRegionDocument())
            signed.signatureAlgorithm = algorithm
            let blob = try signed.encoded(sign: region.sign)
            for command in ["smime", "cms"] {
                let content = try region.openssl(
                    [command, "-verify", "-binary", "-inform", "DER", "-noverify"] + TestRegion.certificate,
                    input: blob)
                #expect(String(decoding: content, as: UTF8.self) == testRegionDocument())
            }
            #expect(try region.document(verifying: signed).region == TestRegion.name)
        }
    }
}
