import Crypto

/// The SHA-256 of a certificate's DER, as `openssl x509 -fingerprint -sha256` prints it, in lower case without colons.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    init(of content: [UInt8]) {
        bytes = Array(SHA256.hash(data: content))
    }

    public var description: String { bytes.hexadecimal }
}
