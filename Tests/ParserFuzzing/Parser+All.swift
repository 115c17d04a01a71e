import Crypto
import Foundation
import SealaneIdentity
import SealaneTunnel
import TestSupport

extension Parser {
    /// Every parser of untrusted input needs an entry here.
    package static let all: [Parser] = ofInstanceIdentity + ofIdentities

    private static let ofInstanceIdentity: [Parser] = [
        // The PKCS#7 around a document, in BER.
        Parser(
            "instance-identity-signature", seeds: { try instanceIdentityFiles(".rsa2048").map(decodedBase64) },
            wrap: { $0.withUnsafeBytes(Base64.encode) },
            parse: { _ = try InstanceIdentityDocument(verifying: $0, with: .aws) }),
        // Its base64 text.
        Parser(
            "instance-identity-base64", seeds: { try instanceIdentityFiles(".rsa2048") },
            parse: { _ = try InstanceIdentityDocument(verifying: $0, with: .aws) }),
        // The JSON inside. It is unsigned, so an error about the signer means that parsing succeeded.
        Parser(
            "instance-identity-document", seeds: { try instanceIdentityFiles(".document") },
            wrap: { document in
                SignedDocument(
                    document, digest: Array(SHA256.hash(data: document)), issuer: der(0x30),
                    serialNumber: der(0x02, [1])
                ).encoded { _ in [] }.withUnsafeBytes(Base64.encode)
            },
            parse: { input in
                do throws(InstanceIdentityDocumentError) {
                    _ = try InstanceIdentityDocument(verifying: input, with: .aws)
                } catch  where error.check == .signer {}
            }),
        // The operator's certificate for a Region: its DER, and its PEM.
        Parser(
            "region-certificate", seeds: { try regionCertificates().map(decodedPEM) },
            wrap: { pem("CERTIFICATE", $0) },
            parse: { _ = try RegionCertificate(fileContent: $0, source: "input") }),
        Parser(
            "region-certificate-pem", seeds: regionCertificates,
            parse: { _ = try RegionCertificate(fileContent: $0, source: "input") }),
    ]
}

/// The files in Data/instance-identity that end in `suffix`, located relative to this source file.
private func instanceIdentityFiles(_ suffix: String, in folder: String = "") throws -> [[UInt8]] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = tests.appending(path: "SealaneIdentityTests/Data/instance-identity/\(folder)")
    let names = try FileManager.default.contentsOfDirectory(atPath: data.path).sorted()
    return try names.filter { $0.hasSuffix(suffix) }.map { Array(try Data(contentsOf: data.appending(path: $0))) }
}

private func regionCertificates() throws -> [[UInt8]] { try instanceIdentityFiles("-1.pem", in: "certificates") }

func decodedBase64(_ text: [UInt8]) throws -> [UInt8] {
    guard let bytes = Data(base64Encoded: Data(text), options: .ignoreUnknownCharacters) else {
        throw Failure("\(text.count) bytes that are not base64")
    }
    return Array(bytes)
}

/// The content of a PEM text with one block.
func decodedPEM(_ text: [UInt8]) throws -> [UInt8] {
    let lines = text.split(separator: UInt8(ascii: "\n")).filter { $0.first != UInt8(ascii: "-") }
    return try decodedBase64(Array(lines.joined()))
}

/// A PEM text with one block (RFC 7468).
func pem(_ label: String, _ content: [UInt8]) -> [UInt8] {
    let lines = Data(content).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return Array("-----BEGIN \(label)-----\n\(lines)\n-----END \(label)-----\n".utf8)
}
