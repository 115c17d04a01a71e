/// Why a secret could not be stored or a key could not be made. Sealing and opening throw nothing.
public enum AEADError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `sodium_init` failed: libsodium found no source of randomness, or could not take its own lock.
    case libsodiumUnavailable
    /// `sodium_malloc` had no guarded memory left for a secret of this many bytes.
    case outOfGuardedMemory(byteCount: Int)
    /// An AEAD key of this many bytes was given.
    case keyByteCount(Int)
    /// This processor cannot run the suite.
    case suiteUnavailable(CipherSuite)
    /// The program was built without the provider's code.
    case providerNotBuiltIn(AEADProvider)
    /// This processor lacks instructions that the provider needs.
    case providerUnavailable(AEADProvider)
    /// The provider's library reports an error, or was built without a required option. The text is the library's or
    /// ours.
    case providerFailed(AEADProvider, String)
    /// The provider's results differ from libsodium's.
    case providerDisagrees(AEADProvider, CipherSuite, AEADDisagreement)

    public var description: String {
        switch self {
        case .libsodiumUnavailable:
            "libsodium could not be initialised: it needs a source of randomness (getrandom or /dev/urandom)"
        case .outOfGuardedMemory(let byteCount):
            "no guarded memory left for a secret of \(byteCount) bytes: each region of secrets needs several "
                + "memory mappings; raise vm.max_map_count"
        case .keyByteCount(let count):
            "an AEAD key of \(count) bytes was given; it must be \(AEADKey.keyByteCount) bytes"
        case .suiteUnavailable(let suite):
            "\(suite) is not available: this processor lacks the instructions it needs (AES-NI and PCLMULQDQ)"
        case .providerNotBuiltIn(let provider):
            "\(provider) is not built in: it needs x86-64, and libipsec-mb-dev at build time"
        case .providerUnavailable(let provider):
            "\(provider) is not available: this processor lacks the instructions it needs (AES-NI and PCLMULQDQ)"
        case .providerFailed(let provider, let problem):
            "\(provider) is not usable: \(problem)"
        case .providerDisagrees(let provider, let suite, let disagreement):
            "\(provider) is not usable: its \(suite) differs from that of libsodium when \(disagreement)"
        }
    }
}
