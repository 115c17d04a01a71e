import Crypto
import SealaneIdentity
import SealaneTunnel
import TestSupport

/// A parser that reads what strangers send. Each new one gets a case here and its seeds in `Tests/Fuzz/run`.
enum Parser: String, CaseIterable {
    /// The PKCS#7 signature of an instance identity document, in BER, without its base64.
    case signature
    /// The JSON in it.
    case document
    /// Its base64.
    case base64
    /// An operator's certificate for a region, in PEM.
    case certificate

    /// What the parser is given when a fuzzer thinks of `bytes`: in an envelope that lets them come as far as they can.
    func input(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .signature:
            bytes.withUnsafeBytes(Base64.encode)
        case .document:
            SignedDocument(
                bytes, digest: Array(SHA256.hash(data: bytes)), issuer: der(0x30), serialNumber: der(0x02, [1])
            ).encoded { _ in [] }.withUnsafeBytes(Base64.encode)
        case .base64, .certificate:
            bytes
        }
    }

    /// Whether `input` is taken.
    func takes(_ input: [UInt8]) -> Bool {
        do {
            switch self {
            case .signature, .document, .base64:
                _ = try InstanceIdentityDocument(verifying: input, with: .aws)
            case .certificate:
                _ = try RegionCertificate(fileContent: input, source: "input")
            }
            return true
        } catch {
            // An error is what people read: it is made as well.
            return "\(error)".isEmpty
        }
    }
}
