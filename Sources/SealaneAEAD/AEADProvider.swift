/// The code that runs the cipher suites. All providers give the same bytes, so two hosts need not use the same one.
public enum AEADProvider: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Runs everywhere, and is the reference.
    case libsodium
    /// Intel's Multi-Buffer Crypto for IPsec. x86-64 only, and only if it was installed at build time.
    case ipsecMB = "ipsec-mb"
    #if NoCipher
        /// Encrypts nothing and accepts everything: shows what a tunnel costs without a cipher. For benchmarks only.
        case noCipher = "none"
    #endif

    public var description: String { rawValue }

    /// The providers that an operator may select, in every build.
    package static var selectable: [AEADProvider] { [.libsodium, .ipsecMB] }

    /// A provider, and the reason for the operator.
    public struct Choice: Sendable, Hashable {
        public let provider: AEADProvider
        public let reason: String
    }

    /// Chooses the provider of new keys. Call it once, at the start of the program.
    ///
    /// - Parameters:
    ///   - selected: the operator's selection; nil chooses IPsec-MB if it is usable, otherwise libsodium.
    ///   - inspectIPsecMB: finds out whether IPsec-MB is usable.
    /// - Throws: the inspection's error if IPsec-MB is selected and not usable.
    package static func choose(
        _ selected: AEADProvider?, inspectIPsecMB: () -> Result<String, AEADError> = inspectIPsecMB
    ) throws(AEADError) -> Choice {
        switch selected {
        case .libsodium: return Choice(provider: .libsodium, reason: "as configured")
        case .ipsecMB: return Choice(provider: .ipsecMB, reason: try inspectIPsecMB().get())
        #if NoCipher
            case .noCipher, nil:
                return Choice(provider: .noCipher, reason: "this build encrypts nothing: it is for benchmarks only")
        #else
            case nil:
                switch inspectIPsecMB() {
                case .success(let summary): return Choice(provider: .ipsecMB, reason: summary)
                case .failure(let error): return Choice(provider: .libsodium, reason: "\(error)")
                }
        #endif
        }
    }

    /// Whether IPsec-MB is built in, runs on this processor and gives the same results as libsodium in every suite.
    ///
    /// Success names the version and the instructions it uses. Takes about 20 ms.
    package static func inspectIPsecMB() -> Result<String, AEADError> {
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
