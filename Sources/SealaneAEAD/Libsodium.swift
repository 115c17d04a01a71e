import CSodium

/// The library as a whole. Its guarded memory and its processor detection work only after initialisation.
enum Libsodium {
    /// Initialises libsodium on first use, once, on whichever thread comes first.
    static let isReady = sodium_init() >= 0

    /// Whether the processor runs libsodium's AES-256-GCM, which needs AES-NI.
    static let hasAES256GCM = isReady && crypto_aead_aes256gcm_is_available() == 1
}
