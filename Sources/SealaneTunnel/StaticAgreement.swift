import SealaneAEAD

/// What this host's static key and a peer's agree on, Noise's token "ss": the same in all handshakes of the two, so it is kept
/// as long as the peer is known, as WireGuard does. It lies in guarded memory like both keys, and says less than either: who
/// has it could forge a first message, and no session.
public final class StaticAgreement: Sendable {
    let remote: PublicKey
    let secret: SecretBytes

    /// Throws `weakKey` if `remote` is of low order.
    public init(_ privateKey: borrowing StaticPrivateKey, _ remote: PublicKey) throws(NoiseError) {
        self.remote = remote
        secret = try privateKey.noiseSecret(with: remote)
    }
}

extension StaticPrivateKey {
    /// `sharedSecret`, as a step of a handshake that fails without one.
    borrowing func noiseSecret(with remote: PublicKey) throws(NoiseError) -> SecretBytes {
        let shared: SecretBytes?
        do throws(AEADError) { shared = try sharedSecret(with: remote) } catch { throw .outOfMemory }
        guard let shared else { throw .weakKey }
        return shared
    }
}
