import Logging
import SealaneTunnel

/// The memory of peers that have shown a certificate: without one they are not believed again.
extension Conductor {
    /// Before the answer to the peer leaves: a crash then forgets nobody who was let in.
    mutating func rememberCertificate(of id: PeerID) {
        guard let key = peers[id]?.member.definition.publicKey else { return }
        peers[id]?.hasShownCertificate = true
        do throws(CertifiedPeersError) { try certified.insert(key) } catch { logUnsaved(error) }
    }

    /// Tries again what failed before.
    mutating func saveCertifiedPeers() {
        do throws(CertifiedPeersError) { try certified.save() } catch { logUnsaved(error) }
    }

    /// Whoever is no peer any more, under no name, may begin anew once it is added again.
    mutating func forgetCertificatesOfFormerPeers() {
        do throws(CertifiedPeersError) {
            try certified.forget(allBut: roster.publicKeys)
        } catch {
            logger.error("former peers are not forgotten", metadata: ["why": "\(error)"])
        }
    }

    private func logUnsaved(_ error: CertifiedPeersError) {
        logger.error(
            "a peer that has shown a certificate is remembered until this agent ends, and no longer",
            metadata: ["why": "\(error)"])
    }

    /// Says which peers can leave out a certificate that was revoked or has expired, or that no certificate of theirs counts.
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
