import Logging
import SealaneTunnel

/// Remembers the peers that have shown a certificate: this host does not accept them without one again.
extension ControlLoop {
    /// Called before the answer to the peer leaves: a crash then forgets no peer that was accepted.
    mutating func rememberCertificate(of id: PeerID) {
        guard let key = peers[id]?.member.definition.publicKey else { return }
        peers[id]?.hasShownCertificate = true
        do throws(CertifiedPeersError) { try certified.insert(key) } catch { logUnsaved(error) }
    }

    /// Tries again to save what could not be saved before.
    mutating func saveCertifiedPeers() {
        do throws(CertifiedPeersError) { try certified.save() } catch { logUnsaved(error) }
    }

    /// Forgets keys that no peer has. A former peer starts without a history when it is added again.
    mutating func forgetCertificatesOfFormerPeers() {
        do throws(CertifiedPeersError) {
            try certified.forget(allBut: peerSet.publicKeys)
        } catch {
            logger.error("former peers are not forgotten", metadata: ["why": "\(error)"])
        }
    }

    private func logUnsaved(_ error: CertifiedPeersError) {
        logger.error(
            "a peer that has shown a certificate is remembered until this agent ends, and no longer",
            metadata: ["why": "\(error)"])
    }

    /// Warns that peers can omit a revoked or expired certificate, or that this host verifies no certificates.
    func warnOfBelievedPeers() {
        if configuration.believesWithoutCertificate {
            logger.warning(
                "a peer that has shown no certificate yet is believed what is stated of it, and can be neither revoked nor expired",
                metadata: ["setting": "policy.require-certificate", "remedy": "set it to on"])
        }
        let refused = peers.values.filter(\.hasShownCertificate).map(\.name).sorted()
        if configuration.identity == nil, !refused.isEmpty {
            logger.warning(
                "peers that have shown a certificate are refused: this host checks none",
                metadata: [
                    "peers": "\(refused.joined(separator: ", "))",
                    "remedy": "name identity.trust-file; or remove the peers and add them again, which forgets it",
                ])
        }
    }
}
