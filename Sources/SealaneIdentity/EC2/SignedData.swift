import FoundationEssentials
import SwiftASN1

/// The signature of an instance identity document: a PKCS#7 SignedData (RFC 5652 section 5.1) in BER, as AWS makes it.
///
/// Parsed, not verified. Fields that the signature does not cover must have the values that AWS writes, so that
/// changing any single bit makes the text invalid: version 1, SHA-256, RSA, one signer, no certificates, no unsigned
/// attributes. Several valid texts of one signature can still exist, because BER can encode a length in several forms.
struct SignedData {
    /// The document.
    let content: ArraySlice<UInt8>
    /// Identifies the signer's certificate: the DER of the issuer's Name, and the content of the DER INTEGER.
    let issuer: ArraySlice<UInt8>
    let serialNumber: ArraySlice<UInt8>
    /// The bytes that the signature covers: the signed attributes as a SET OF in DER (section 5.4).
    let attributes: [UInt8]
    /// From the attributes: the SHA-256 of the content.
    let messageDigest: ArraySlice<UInt8>
    /// From the attributes.
    let signingTime: Date
    let signature: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) throws(InstanceIdentityDocumentError) {
        guard let root = try? BER.parse(bytes) else {
            throw ASN1Fields.problem("signature", "is not a single BER value", required: "PKCS#7 SignedData")
        }
        var contentInfo = try ASN1Fields(of: root, .sequence, "content information")
        try contentInfo.expect([Encoding.signedData], "content type", required: "signed-data")
        let body = try contentInfo.onlyField(of: .explicit, "content")
        try contentInfo.end()

        var signedData = try ASN1Fields(of: body, .sequence, "signed data")
        try signedData.expect([Encoding.version1], "version of the signed data", required: "version 1")
        var digests = try signedData.fields(.set, "set of digest algorithms")
        try digests.expectSHA256("digest algorithm")
        try digests.end()
        content = try Self.content(&signedData)
        // Certificates and CRLs would be here, with tags of their own.
        var signers = try signedData.fields(.set, "set of signers")
        var signer = try signers.fields(.sequence, "signer")
        try signers.end()
        try signedData.end()

        try signer.expect([Encoding.version1], "version of the signer", required: "version 1")
        var certificate = try signer.fields(.sequence, "name of the signer's certificate")
        issuer = try certificate.next("issuer").encodedBytes
        serialNumber = try certificate.primitive(.integer, "serial number")
        try certificate.end()
        try signer.expectSHA256("signer's digest algorithm")
        let attributes = try SignedAttributes(try signer.next("signed attributes"))
        // Signers of 2018 write rsaEncryption, those of 2021 sha256WithRSAEncryption. Both mean the same here.
        try signer.expect(
            [Encoding.rsa, Encoding.sha256WithRSA], "signature algorithm",
            required: "rsaEncryption or sha256WithRSAEncryption")
        signature = try signer.primitive(.octetString, "signature value")
        try signer.end()

        self.attributes = attributes.encoded
        messageDigest = attributes.messageDigest
        signingTime = attributes.signingTime
    }

    private static func content(
        _ signedData: inout ASN1Fields
    ) throws(InstanceIdentityDocumentError) -> ArraySlice<UInt8> {
        var encapsulated = try signedData.fields(.sequence, "encapsulated content")
        try encapsulated.expect([Encoding.data], "type of the encapsulated content", required: "data")
        let node = try encapsulated.onlyField(of: .explicit, "document")
        try encapsulated.end()
        guard let content = try? ASN1OctetString(berEncoded: node) else {
            throw ASN1Fields.problem(
                "document", "is not an OCTET STRING", required: "an OCTET STRING, primitive or constructed")
        }
        return content.bytes
    }
}

/// The signed attributes (RFC 5652 section 11). Each must occur exactly once, with one value.
private struct SignedAttributes {
    let encoded: [UInt8]
    let messageDigest: ArraySlice<UInt8>
    let signingTime: Date

    /// - Parameter node: `[0] IMPLICIT SET OF Attribute`.
    init(_ node: ASN1Node) throws(InstanceIdentityDocumentError) {
        guard node.identifier == .explicit, case .constructed = node.content else {
            throw ASN1Fields.problem("signer", "has no signed attributes", required: "[0] SET OF Attribute")
        }
        // Section 5.4: the signature covers the DER encoding with the tag of SET OF.
        encoded = [0x31] + node.encodedBytes.dropFirst()
        guard let set = try? DER.parse(encoded),
            let attributes = try? DER.set(of: Attribute.self, identifier: .set, rootNode: set)
        else {
            throw ASN1Fields.problem("set of signed attributes", "is malformed", required: "SET OF Attribute in DER")
        }

        func value(_ type: ASN1ObjectIdentifier, _ name: String) throws(InstanceIdentityDocumentError) -> ASN1Node {
            let values = attributes.filter { $0.type == type }.flatMap(\.values)
            guard values.count == 1 else {
                throw ASN1Fields.problem(
                    "signed attribute \(name)", "has \(values.count) values", required: "exactly one")
            }
            return values[0]
        }

        guard try value(.contentType, "content type").encodedBytes.elementsEqual(Encoding.data) else {
            throw ASN1Fields.problem("signed attribute content type", "is not data", required: "data")
        }
        guard let digest = try? ASN1OctetString(derEncoded: try value(.messageDigest, "message digest")) else {
            throw ASN1Fields.problem(
                "signed attribute message digest", "is not an OCTET STRING", required: "an OCTET STRING")
        }
        messageDigest = digest.bytes
        guard let time = Date(signingTime: try value(.signingTime, "signing time")) else {
            throw ASN1Fields.problem(
                "signed attribute signing time", "is not a time", required: "UTCTime or GeneralizedTime")
        }
        signingTime = time
    }
}

/// RFC 5652 section 5.3.
private struct Attribute: DERParseable {
    let type: ASN1ObjectIdentifier
    let values: [ASN1Node]

    init(derEncoded node: ASN1Node) throws {
        self = try DER.sequence(node, identifier: .sequence) { nodes in
            Attribute(
                type: try ASN1ObjectIdentifier(derEncoded: &nodes),
                values: try DER.set(of: Value.self, identifier: .set, nodes: &nodes).map(\.node))
        }
    }

    private init(type: ASN1ObjectIdentifier, values: [ASN1Node]) {
        self.type = type
        self.values = values
    }

    private struct Value: DERParseable {
        let node: ASN1Node

        init(derEncoded node: ASN1Node) { self.node = node }
    }
}

extension ASN1Fields {
    fileprivate mutating func expectSHA256(_ field: String) throws(InstanceIdentityDocumentError) {
        try expect([Encoding.sha256, Encoding.sha256WithoutParameters], field, required: "SHA-256, as in rsa2048")
    }
}

extension ASN1Identifier {
    /// `[0]`
    fileprivate static let explicit = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
}

extension ASN1ObjectIdentifier {
    fileprivate static let contentType: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 3]
    fileprivate static let messageDigest: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 4]
    fileprivate static let signingTime: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 5]
}

extension Date {
    /// RFC 5652 section 11.3: UTCTime through 2049, GeneralizedTime afterwards; in UTC, with seconds and without
    /// fractions.
    fileprivate init?(signingTime node: ASN1Node) {
        guard case .primitive(let text) = node.content else { return nil }
        let century: String
        switch node.identifier {
        // RFC 5280 section 4.1.2.5.1: two-digit years from 50 to 99 are in the twentieth century.
        case .utcTime: century = text.lexicographicallyPrecedes("5".utf8) ? "20" : "19"
        case .generalizedTime: century = ""
        default: return nil
        }
        let digits = Array(century.utf8) + text
        guard digits.count == 15 else { return nil }
        let ends = [0, 4, 6, 8, 10, 12, 14, 15]
        let parts = zip(ends, ends.dropFirst()).map { String(decoding: digits[$0..<$1], as: UTF8.self) }
        self.init(
            iso8601UTC: "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])\(parts[6])")
    }
}

/// Complete encodings of values in the structure.
private enum Encoding {
    static let version1: [UInt8] = [0x02, 0x01, 0x01]
    /// 1.2.840.113549.1.7.2
    static let signedData: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02]
    /// 1.2.840.113549.1.7.1
    static let data: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]
    /// 2.16.840.1.101.3.4.2.1, with NULL and without parameters: RFC 5754 section 2 requires accepting both.
    static let sha256: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    ]
    static let sha256WithoutParameters: [UInt8] = [
        0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
    ]
    /// 1.2.840.113549.1.1.1 and 1.2.840.113549.1.1.11, with NULL: RFC 4055 sections 1.2 and 5.
    static let rsa: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    static let sha256WithRSA: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
    ]
}
