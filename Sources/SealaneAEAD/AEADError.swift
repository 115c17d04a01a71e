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
    /// This program has no code of that provider.
    case providerNotBuiltIn(AEADProvider)
    /// This processor cannot run the provider's code as it is meant to run.
    case providerUnavailable(AEADProvider)
    /// The provider's library said that it does not work, or is not built as it must be; in its or our words.
    case providerFailed(AEADProvider, String)
    /// The provider's results are not those of libsodium.
    case providerDisagrees(AEADProvider, CipherSuite, AEADDisagreement)

    public var description: String {
        switch self {
        case .libsodiumUnavailable:
            "libsodium could not be initialised: it needs a source of randomness (getrandom or /dev/urandom)"
        case .outOfGuardedMemory(let byteCount):
            "no guarded memory left for a secret of \(byteCount) bytes: secrets lie in regions, and every region takes a few "
                + "memory mappings; raise vm.max_map_count"
        case .keyByteCount(let count):
            "an AEAD key of \(count) bytes was offered; it must be \(AEADKey.keyByteCount) bytes"
        case .suiteUnavailable(let suite):
            "\(suite) is not available: this processor lacks the instructions it needs (AES-NI and PCLMULQDQ)"
        case .providerNotBuiltIn(let provider):
            "\(provider) is not built in: it is for x86-64, and libipsec-mb-dev must be there when building"
        case .providerUnavailable(let provider):
            "\(provider) is not available: this processor lacks the instructions it needs (AES-NI and PCLMULQDQ)"
        case .providerFailed(let provider, let problem):
            "\(provider) is not usable: \(problem)"
        case .providerDisagrees(let provider, let suite, let disagreement):
            "\(provider) is not usable: its \(suite) differs from that of libsodium when \(disagreement)"
        }
    }
}
