/// Why a secret could not be kept or a key could not be made. Sealing and opening throw nothing.
public enum AEADError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `sodium_init` failed: libsodium found no source of randomness or could not take its own lock.
    case libsodiumUnavailable
    /// `sodium_malloc` had no guarded memory left for a secret of this many bytes.
    case outOfGuardedMemory(byteCount: Int)
    /// An AEAD key of this many bytes was offered.
    case keyByteCount(Int)
    /// This processor cannot run the suite.
    case suiteUnavailable(CipherSuite)

    public var description: String {
        switch self {
        case .libsodiumUnavailable:
            "libsodium could not be initialised: it needs a source of randomness (getrandom or /dev/urandom)"
        case .outOfGuardedMemory(let byteCount):
            "no guarded memory left for a secret of \(byteCount) bytes: every secret takes a few memory mappings; "
                + "raise vm.max_map_count"
        case .keyByteCount(let count):
            "an AEAD key of \(count) bytes was offered; it must be \(AEADKey.keyByteCount) bytes"
        case .suiteUnavailable(let suite):
            "\(suite) is not available: this processor lacks the instructions it needs (AES-NI and PCLMULQDQ)"
        }
    }
}
