import Logging
import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneIdentity
import SealaneTunnel

/// A configuration that was read again, with what is in the files that it names. It is read on a thread of its own: a file
/// that cannot be read to its end holds up nothing but the reload.
struct Reload: Sendable {
    let configuration: Configuration
    let identities: Identities
    let routes: RouteWitness?
    let keys: Roster.Keys
    /// What is to be said of the private key's file, of which only the start makes use. Nil: it holds the key in use.
    let warningOfPrivateKey: String?

    /// What is in force, which decides what the files may say.
    struct Basis: Sendable {
        let configuration: Configuration
        let identities: Identities
        let roster: Roster
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
                routes: try RouteWitness(new), keys: try basis.roster.readKeys(new, logger: logger),
                warningOfPrivateKey: warning(ofPrivateKeyIn: new.agent.privateKeyFile, publicKey))
        } catch {
            throw ControlError(.invalidConfiguration, "\(error)")
        }
    }

    private static func warning(ofPrivateKeyIn path: String?, _ publicKey: PublicKey) -> String? {
        guard let path else { return nil }
        do throws(IdentityError) {
            guard try PrivateKeyFile.read(path).publicKey != publicKey else { return nil }
            return "private key in \(path) is not the one in use: restart"
        } catch {
            return "the next start will fail: \(error)"
        }
    }
}

/// Reloads come one at a time. What is asked for during one is not lost: another follows.
struct Reloads {
    private var isUnderWay = false
    private var isAskedAgain = false

    /// Whether a reload may begin now.
    mutating func begin() -> Bool {
        isAskedAgain = isUnderWay
        defer { isUnderWay = true }
        return !isUnderWay
    }

    /// Whether another is to follow.
    mutating func end() -> Bool {
        defer { (isUnderWay, isAskedAgain) = (false, false) }
        return isAskedAgain
    }
}
