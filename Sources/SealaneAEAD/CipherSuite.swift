/// The AEADs that two hosts can negotiate for a session. The raw value is the number on the wire.
public enum CipherSuite: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    case aes256GCM = 1
    case chaCha20Poly1305 = 2

    /// "AES-256-GCM" or "ChaCha20-Poly1305".
    public var description: String {
        switch self {
        case .aes256GCM: "AES-256-GCM"
        case .chaCha20Poly1305: "ChaCha20-Poly1305"
        }
    }

    /// The suites that this processor can run, best first. Never empty.
    package static var available: [CipherSuite] { available(aesSupported: Libsodium.hasAES256GCM) }

    /// The suites that a processor can run, best first. AES-256-GCM needs AES instructions: in software it is slow and
    /// leaks the key through the cache.
    package static func available(aesSupported: Bool) -> [CipherSuite] {
        aesSupported ? [.aes256GCM, .chaCha20Poly1305] : [.chaCha20Poly1305]
    }
}
