/// Whose code runs the cipher suites. All give the same bytes, so the two ends need not agree on one.
public enum AEADProvider: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Runs everywhere: the reference.
    case libsodium
    /// Intel's Multi-Buffer Crypto for IPsec. x86-64 only, and only if it was installed when this was built.
    case ipsecMB = "ipsec-mb"
    #if NoCipher
        /// Encrypts nothing and accepts everything: what is left of the tunnel's cost without a cipher. Benchmarks only.
        case noCipher = "none"
    #endif

    public var description: String { rawValue }

    /// What an operator may ask for. The raw value is what the configuration says.
    public enum Wanted: String, CaseIterable, Sendable {
        case auto
        case libsodium
        case ipsecMB = "ipsec-mb"
    }

    /// A provider, and for the operator why it was taken.
    public struct Choice: Sendable, Hashable {
        public let provider: AEADProvider
        public let reason: String
    }

    /// Chooses what new keys shall use; meant to be asked once, when the program starts.
    ///
    /// `auto` takes IPsec-MB where `inspectIPsecMB` finds it usable, libsodium elsewhere. Throws what that inspection
    /// found where IPsec-MB is wanted and not usable.
    public static func choose(
        _ wanted: Wanted, inspectIPsecMB: () -> Result<String, AEADError> = inspectIPsecMB
    ) throws(AEADError) -> Choice {
        switch wanted {
        case .libsodium: return Choice(provider: .libsodium, reason: "as configured")
        case .ipsecMB: return Choice(provider: .ipsecMB, reason: try inspectIPsecMB().get())
        case .auto:
            #if NoCipher
                return Choice(provider: .noCipher, reason: "this build encrypts nothing: it is for benchmarks only")
            #else
                switch inspectIPsecMB() {
                case .success(let summary): return Choice(provider: .ipsecMB, reason: summary)
                case .failure(let error): return Choice(provider: .libsodium, reason: "\(error)")
                }
            #endif
        }
    }

    /// Whether IPsec-MB is built in, fits this processor and gives the same results as libsodium in every suite.
    ///
    /// Success says which version runs on which instructions. Takes about 20 ms.
    public static func inspectIPsecMB() -> Result<String, AEADError> {
        #if IPsecMB
            Result { () throws(AEADError) in
                let summary = try IPsecMB.loaded.get().summary
                var secret = try SecretBytes(count: AEADKey.keyByteCount)
                secret.withUnsafeMutableBytes { bytes in
                    for at in bytes.indices { bytes[at] = UInt8(truncatingIfNeeded: at &* 37 &+ 11) }
                }
                for suite in CipherSuite.available {
                    let reference = try AEADKey(suite: suite, key: secret, provider: .libsodium)
                    let candidate = try AEADKey(suite: suite, key: secret, provider: .ipsecMB)
                    if let disagreement = candidate.firstDisagreement(with: reference) {
                        throw .providerDisagrees(.ipsecMB, suite, disagreement)
                    }
                }
                return summary
            }
        #else
            .failure(.providerNotBuiltIn(.ipsecMB))
        #endif
    }
}
