import Logging
import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneIdentity
import SealaneTunnel

/// A configuration that was read again, with the contents of the files that it names. A thread of its own reads it, so
/// that a file on a hanging file system blocks only the reload.
struct Reload: Sendable {
    let configuration: Configuration
    let identities: Identities
    let routes: RouteWitness?
    let keys: PeerKeys
    /// A warning if the private key's file does not hold the key in use; only a start reads that file. Nil: it does.
    let warningOfPrivateKey: String?

    /// The state in force, on which the validity of the files depends.
    struct Basis: Sendable {
        let configuration: Configuration
        let identities: Identities
        let added: AddedPeers
    }

    static func read(
        _ path: String, over basis: Basis, publicKey: PublicKey, _ logger: Logger
    ) throws(ControlError) -> Reload {
        let new: Configuration
        do throws(ConfigurationError) {
            new = try ConfigurationDecoder.read(path, again: true)
            try new.validateReach()
        } catch {
            throw ControlError(.invalidConfiguration, "\(error)")
        }
        let restartKeys = ConfigurationChange(from: basis.configuration, to: new).restartKeys
        guard restartKeys.isEmpty else {
            throw ControlError(
                .restartRequired,
                "nothing was applied: a restart is needed to change \(restartKeys.joined(separator: ", "))")
        }
        do throws(ConfigurationError) {
            return Reload(
                configuration: new,
                identities: try Identities(new, publicKey: publicKey, replacing: basis.identities),
                routes: try RouteWitness(new), keys: try PeerKeys(new, basis.added, publicKey: publicKey, logger),
                warningOfPrivateKey: warning(ofPrivateKeyIn: new.agent.privateKeyFile, publicKey))
        } catch {
            throw ControlError(.invalidConfiguration, "\(error)")
        }
    }

    private static func warning(ofPrivateKeyIn path: String?, _ publicKey: PublicKey) -> String? {
        guard let path else { return nil }
        do throws(IdentityError) {
            guard try PrivateKeyFile.read(path).publicKey != publicKey else { return nil }
            return "the private key in \(path) is not the one in use; restart sealaned to use it"
        } catch {
            return "the next start will fail: \(error)"
        }
    }
}
