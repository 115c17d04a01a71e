/// The AEADs that a session may agree on. The raw value is what goes over the wire.
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

    /// The suites that this processor runs, best first. Never empty.
    public static var available: [CipherSuite] { available(aesSupported: Libsodium.hasAES256GCM) }

    /// The suites that a processor runs, best first: AES-256-GCM only where the processor has AES instructions,
    /// because in software it is slow and leaks the key through the cache.
    public static func available(aesSupported: Bool) -> [CipherSuite] {
        aesSupported ? [.aes256GCM, .chaCha20Poly1305] : [.chaCha20Poly1305]
    }
}
