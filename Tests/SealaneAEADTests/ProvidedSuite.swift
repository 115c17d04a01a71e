import SealaneAEAD

/// A suite and the provider that runs it.
struct ProvidedSuite: Hashable, Sendable, CustomStringConvertible {
    let provider: AEADProvider
    let suite: CipherSuite

    var description: String { "\(suite) of \(provider)" }

    /// Each suite of each provider that runs on this machine.
    static let available = providers.flatMap { provider in
        CipherSuite.available.map { ProvidedSuite(provider: provider, suite: $0) }
    }

    private static let providers: [AEADProvider] =
        switch AEADProvider.inspectIPsecMB() {
        case .success: [.libsodium, .ipsecMB]
        case .failure: [.libsodium]
        }
}
