import SealaneFleet
import SealaneIdentity
import SealaneTunnel

extension ConfiguredPeers {
    /// Reads the pre-shared keys of the peers of `configuration`.
    ///
    /// - Parameter ownKey: this host's public key, which no peer may have.
    package init(_ configuration: Configuration, ownKey: PublicKey) throws(ConfigurationError) {
        try configuration.validate(ownKey: ownKey)
        var peers: [SourcePeer] = []
        var problems: [ConfigurationProblem] = []
        for (index, peer) in configuration.peers.enumerated() {
            do throws(IdentityError) {
                let key = try peer.presharedKeyFile.map { path throws(IdentityError) in
                    try PresharedKeyFile.read(path)
                }
                peers.append(SourcePeer(peer, presharedKey: key))
            } catch {
                problems.append(configuration.source.problem(at: "peers[\(index)].preshared-key-file", "\(error)"))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        self.init(peers)
    }
}
