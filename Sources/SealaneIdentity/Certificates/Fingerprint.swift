import Crypto

/// The SHA-256 of a certificate's DER. Written as `openssl x509 -fingerprint -sha256` prints it, but in lower case and
/// without colons.
package struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    package let bytes: [UInt8]

    init(of content: [UInt8]) {
        bytes = Array(SHA256.hash(data: content))
    }

    package var description: String { bytes.hexadecimal }
}
