import SealaneAEAD

/// The shared secret of this host's static key and a peer's, Noise's token "ss". It is the same in all handshakes of the two, so it is
/// kept as long as the peer, as WireGuard does. It is in guarded memory like both keys, and reveals less than either: its holder could
/// forge a first message, but no session.
package final class StaticAgreement: Sendable {
    let remote: PublicKey
    let secret: SecretBytes

    /// Throws `weakKey` if `remote` is of low order.
    package init(_ privateKey: borrowing PrivateKey, _ remote: PublicKey) throws(NoiseError) {
        self.remote = remote
        secret = try privateKey.noiseSecret(with: remote)
    }
}

extension PrivateKey {
    /// `sharedSecret`, as a step of a handshake that fails without one.
    borrowing func noiseSecret(with remote: PublicKey) throws(NoiseError) -> SecretBytes {
        let shared: SecretBytes?
        do throws(AEADError) { shared = try sharedSecret(with: remote) } catch { throw .outOfMemory }
        guard let shared else { throw .weakKey }
        return shared
    }
}
