import SealaneFleet
import SealaneIdentity
import SealaneTunnel

extension Configuration {
    /// Checks that no peer has this host's own public key.
    package func validate(ownKey: PublicKey) throws(ConfigurationError) {
        let problems = PeerConflict.all(among: peers, with: ownKey).map { conflict in
            source.problem(
                ofPublicKeyOfPeer: conflict.peer,
                "public key of peer \(peers[conflict.peer].name): \(conflict)")
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    /// This host's public key, computed from the private key's file. Nil: no file is configured, or it cannot be read.
    package var publicKeyOnDisk: PublicKey? {
        guard let path = agent.privateKeyFile else { return nil }
        return try? PrivateKeyFile.read(path).publicKey
    }
}
