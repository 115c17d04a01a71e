import SealaneIdentity
import TestSupport
import Testing

/// One change of a valid signature, and a word in the resulting error.
struct WrongPart: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let word: String
    let change: @Sendable (inout SignedDocument) -> Void

    init(_ description: String, word: String, _ change: @escaping @Sendable (inout SignedDocument) -> Void) {
        testDescription = description
        self.word = word
        self.change = change
    }
}

private let digest = [UInt8](repeating: 7, count: 32)

private let wrongParts: [WrongPart] = [
    WrongPart("other content", word: "content type") { $0.contentType = SignedDocument.data },
    WrongPart("version 3", word: "version of the signed data") { $0.version = der(0x02, [3]) },
    WrongPart("version in two bytes", word: "version of the signed data") { $0.version = der(0x02, [0, 1]) },
    WrongPart("no digest algorithm", word: "set of digest algorithms") { $0.digestAlgorithms = [] },
    WrongPart("two digest algorithms", word: "set of digest algorithms") {
        $0.digestAlgorithms = [SignedDocument.sha256, SignedDocument.sha256]
    },
    WrongPart("another digest algorithm", word: "digest algorithm") { $0.digestAlgorithms = [SignedDocument.rsa] },
    WrongPart("digest parameters", word: "digest algorithm") {
        $0.digestAlgorithms = [der(0x30, Array(SignedDocument.sha256[2..<13]), der(0x04))]
    },
    WrongPart("other type inside", word: "type of the encapsulated content") {
        $0.encapsulatedType = SignedDocument.attribute(1)
    },
    WrongPart("text instead of octets", word: "document") { $0.document = der(0x0C, [0x7B, 0x7D]) },
    WrongPart("pieces that are not octets", word: "document") { $0.document = der(0x24, der(0x0C, [0x7B, 0x7D])) },
    WrongPart("no document", word: "document") { $0.document = [] },
    WrongPart("two documents", word: "document") { $0.document += $0.document },
    WrongPart("certificates", word: "set of signers") { $0.certificates = der(0xA0, der(0x30)) },
    WrongPart("revocation lists", word: "set of signers") { $0.certificates = der(0xA1, der(0x30)) },
    WrongPart("no signer", word: "set of signers") { $0.signerCount = 0 },
    WrongPart("two signers", word: "set of signers") { $0.signerCount = 2 },
    WrongPart("signer by key", word: "version of the signer") { $0.signerVersion = der(0x02, [3]) },
    WrongPart("serial number of another type", word: "serial number") { $0.serialNumber = der(0x04, [1]) },
    WrongPart("signer's digest", word: "signer's digest algorithm") { $0.digestAlgorithm = SignedDocument.rsa },
    WrongPart("no signed attributes", word: "content type") { $0.attributes = [] },
    WrongPart("no content type", word: "content type") { $0.attributes.remove(at: 0) },
    WrongPart("no signing time", word: "signing time") { $0.attributes.remove(at: 1) },
    WrongPart("no message digest", word: "message digest") { $0.attributes.remove(at: 2) },
    WrongPart("content type twice", word: "content type") { $0.attributes.insert(SignedDocument.contentType(), at: 0) },
    WrongPart("signing time twice", word: "signing time") { $0.attributes.insert($0.attributes[1], at: 1) },
    WrongPart("message digest twice", word: "message digest") {
        $0.attributes.append($0.attributes[2])
    },
    WrongPart("another message digest before", word: "message digest") {
        $0.attributes.insert(SignedDocument.messageDigest(digest), at: 2)
    },
    WrongPart("message digest with two values", word: "message digest") {
        $0.attributes[2] = SignedDocument.attribute(4, der(0x04, digest), der(0x04, digest))
    },
    WrongPart("message digest without a value", word: "message digest") {
        $0.attributes = [SignedDocument.attribute(4), $0.attributes[0], $0.attributes[1]]
    },
    WrongPart("message digest of another type", word: "message digest") {
        $0.attributes[2] = SignedDocument.attribute(4, der(0x0C, digest))
    },
    WrongPart("another signed content type", word: "content type") {
        $0.attributes[0] = SignedDocument.contentType($0.contentType)
    },
    WrongPart("attributes in another order", word: "signed attributes") { $0.attributes.swapAt(0, 2) },
    WrongPart("attributes with a long length", word: "signed attributes") {
        // Changes the last attribute, so that the order stays correct.
        $0.attributes[2] = [0x30, 0x81] + $0.attributes[2][1...]
    },
    WrongPart("attributes of indefinite length", word: "signed attributes") {
        $0.attributes[2] = [0x30, 0x80] + $0.attributes[2][2...] + [0, 0]
    },
    WrongPart("an attribute with a third field", word: "signed attributes") {
        $0.attributes[0] = der(0x30, Array($0.attributes[0][2...]), der(0x05))
    },
    WrongPart("day that does not exist", word: "signing time") {
        $0.attributes[1] = SignedDocument.signingTime("260230235959Z")
    },
    WrongPart("signing time elsewhere", word: "signing time") {
        $0.attributes[1] = SignedDocument.signingTime("260131235959+0100")
    },
    WrongPart("signing time without seconds", word: "signing time") {
        $0.attributes[1] = SignedDocument.signingTime("2601312359Z")
    },
    WrongPart("ECDSA", word: "signature algorithm") {
        $0.signatureAlgorithm = der(0x30, der(0x06, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]))
    },
    WrongPart("RSA without parameters", word: "signature algorithm") {
        $0.signatureAlgorithm = der(0x30, Array(SignedDocument.rsa[2..<13]))
    },
    WrongPart("more behind the document", word: "encapsulated content") { $0.behindDocument = der(0x05) },
    WrongPart("more behind the signers", word: "signed data") { $0.behindSigners = der(0x31) },
    WrongPart("more behind the content", word: "content information") { $0.behindContent = der(0x05) },
    WrongPart("more behind the serial number", word: "name of the signer's certificate") {
        $0.serialNumber += der(0x05)
    },
    WrongPart("unsigned attributes", word: "signer") {
        $0.unsignedAttributes = der(0xA1, SignedDocument.contentType())
    },
]

@Suite("The SignedData structure of a document")
struct InstanceIdentityStructureTests {
    @Test("a part that differs from AWS's is refused and named, even with a valid signature", arguments: wrongParts)
    func wrongPart(part: WrongPart) throws {
        let region = try TestRegion.shared
        var signed = region.signed(testRegionDocument())
        #expect(try region.refusal(of: signed) == nil)
        part.change(&signed)
        let refusal = try #require(try region.refusal(of: signed))
        #expect(refusal.check == .structure)
        #expect(refusal.observed.contains(part.word), "\(refusal)")
    }

    @Test("additional attributes are allowed")
    func moreAttributes() throws {
        let region = try TestRegion.shared
        var signed = region.signed(testRegionDocument())
        signed.attributes.insert(SignedDocument.attribute(15, der(0x30)), at: 0)
        #expect(try region.refusal(of: signed) == nil)
    }

    @Test("the document may be a constructed string, also nested")
    func pieces() throws {
        let region = try TestRegion.shared
        var signed = region.signed(testRegionDocument())
        let bytes = Array(testRegionDocument().utf8)
        signed.document = der(
            0x24, der(0x04, Array(bytes[..<10])), der(0x24, der(0x04, Array(bytes[10..<20])), der(0x04)),
            der(0x04, Array(bytes[20...])))
        #expect(try region.document(verifying: signed).instanceID == "i-0123456789abcdef0")
    }

    @Test("a signing time up to 2049 is a UTCTime with two-digit years, and later ones are a GeneralizedTime")
    func signingTimes() throws {
        let region = try TestRegion.shared
        // From date --utc --date 1950-01-01T00:00:00Z +%s, and so on.
        for (text, tag, seconds) in [
            ("500101000000Z", 0x17, -631_152_000.0), ("491231235959Z", 0x17, 2_524_607_999),
            ("20500101000000Z", 0x18, 2_524_608_000), ("20260131235959Z", 0x18, 1_769_903_999),
        ] as [(String, UInt8, Double)] {
            var signed = region.signed(testRegionDocument())
            signed.attributes[1] = SignedDocument.attribute(5, der(tag, Array(text.utf8)))
            #expect(try region.document(verifying: signed).signingTime.timeIntervalSince1970 == seconds)
        }
    }

    @Test("the signer's issuer and serial number must both be those of the certificate")
    func signer() throws {
        let region = try TestRegion.shared
        var otherNumber = region.signed(testRegionDocument())
        otherNumber.serialNumber[otherNumber.serialNumber.count - 1] ^= 1
        #expect(try region.refusal(of: otherNumber)?.check == .signer)
        var longNumber = region.signed(testRegionDocument())
        longNumber.serialNumber = der(0x02, [0] + longNumber.serialNumber[2...])
        #expect(try region.refusal(of: longNumber)?.check == .signer)
        var otherIssuer = region.signed(testRegionDocument())
        otherIssuer.issuer[otherIssuer.issuer.count - 1] ^= 0x20
        #expect(try region.refusal(of: otherIssuer)?.check == .signer)
    }

    @Test("a signature of another length, of zeros, or over the attributes with their implicit tag is refused")
    func signature() throws {
        let region = try TestRegion.shared
        let signed = region.signed(testRegionDocument())
        let wrong: [([UInt8]) throws -> [UInt8]] = [
            { try region.sign($0).dropLast() }, { try [0] + region.sign($0) }, { _ in [] },
            { _ in [UInt8](repeating: 0, count: 256) }, { try region.sign([0xA0] + $0.dropFirst()) },
            { _ in try region.sign(Array(testRegionDocument().utf8)) },
        ]
        for sign in wrong {
            let blob = try signed.encoded(sign: sign)
            #expect(SealaneIdentityTests.refusal(of: blob, with: region.certificates)?.check == .signature)
        }
    }
}
