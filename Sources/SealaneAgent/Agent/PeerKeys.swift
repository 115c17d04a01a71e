import Logging
import SealaneConfiguration
import SealaneFleet
import SealaneTunnel

/// The peers of a configuration, and the pre-shared keys of all peers, as their files hold them at one moment.
struct PeerKeys: Sendable {
    let configured: ConfiguredPeers
    let added: AddedPeers.Keys

    /// - Parameter publicKey: this host's own.
    init(
        _ configuration: Configuration, _ added: AddedPeers, publicKey: PublicKey, _ logger: Logger
    ) throws(ConfigurationError) {
        configured = try ConfiguredPeers(configuration, ownKey: publicKey)
        self.added = added.readKeys()
        for (peer, error) in self.added.failures {
            logger.warning("pre-shared key not read", metadata: ["peer": "\(peer)", "why": "\(error)"])
        }
    }
}
