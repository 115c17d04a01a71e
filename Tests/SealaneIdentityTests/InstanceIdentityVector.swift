import Foundation
import SealaneIdentity
import SealaneTunnel
import TestSupport
import Testing

/// A signature made by AWS, with values known from elsewhere: openssl's output and Teleport's tests.
struct InstanceIdentityVector: Sendable, CustomTestStringConvertible {
    let name: String
    let region: String
    let instanceID: String
    let account: String
    let digest: String

    static let all = [
        InstanceIdentityVector(
            name: "us-west-2-2018", region: "us-west-2", instanceID: "i-0a30e04d85e6f8793", account: "692406183521",
            digest: "d788634fcc5fab8c27067917281687fcbf8187aae8d046d394d28d7e7eed0636"),
        InstanceIdentityVector(
            name: "us-west-2-2021", region: "us-west-2", instanceID: "i-078517ca8a70a1dde", account: "278576220453",
            digest: "087d9d2622a6771f6e871966f0e6d602f14e86a25bee4efdf835bf4f77b3c155"),
        InstanceIdentityVector(
            name: "us-west-1-2021", region: "us-west-1", instanceID: "i-01b940c45fd11fe74", account: "883474662888",
            digest: "d2d6036fc5b62710bea9955bbc5ff42628f2452702097e2fb6848563c8a00eb6"),
    ]

    var testDescription: String { name }

    /// As the instance metadata service served it.
    var signature: [UInt8] { get throws { try Self.file("\(name).rsa2048") } }

    /// The decoded base64.
    var blob: [UInt8] { get throws { try decodedBase64(signature) } }

    /// A file in Data/instance-identity.
    static func file(_ name: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.resourceURL)
        return Array(try Data(contentsOf: folder.appending(path: "Data/instance-identity/\(name)")))
    }

    /// A Region's certificate, as AWS publishes it.
    static func certificate(of region: String) throws -> [UInt8] { try file("certificates/\(region).pem") }
}

/// Foundation's decoder, not the one under test.
func decodedBase64(_ text: [UInt8]) throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: Data(text), options: .ignoreUnknownCharacters)))
}

func base64(_ bytes: [UInt8]) -> [UInt8] { Array(Data(bytes).base64EncodedData()) }

/// The error that `body` throws; nil if it succeeds.
func refusal(_ body: () throws -> Void) -> InstanceIdentityDocumentError? {
    do {
        try body()
        return nil
    } catch {
        return error as? InstanceIdentityDocumentError
    }
}

/// Why this blob is refused; nil if it is accepted.
func refusal(
    of blob: [UInt8], document: [UInt8]? = nil, with certificates: RegionCertificates = .aws
) -> InstanceIdentityDocumentError? {
    refusal { _ = try InstanceIdentityDocument(verifying: base64(blob), document: document, with: certificates) }
}
