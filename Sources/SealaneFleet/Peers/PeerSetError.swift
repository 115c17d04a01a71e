import SealaneIdentity
import SealaneLinux

/// Why a peer was not added or removed. The peers are as they were.
package enum PeerSetError: Error, Sendable, CustomStringConvertible {
    case conflict(peer: String, PeerConflict)
    /// This host's listen endpoint cannot reach the peer's endpoint.
    case unreachable(peer: String, String)
    /// The configuration names the peer, so that no command can remove it.
    case configured(String)
    case unknown(String)
    case key(peer: String, IdentityError)
    case keyTimedOut(peer: String, SystemError)
    case file(PeerFileError)
    case fileTimedOut(SystemError)

    package var description: String {
        switch self {
        case .conflict(let peer, let conflict): "peer \(peer): \(conflict)"
        case .unreachable(let peer, let problem): "peer \(peer): \(problem)"
        case .configured(let peer):
            "peer \(peer) is named by the configuration; remove it there, then: sealane reload"
        case .unknown(let peer): "there is no peer \(ValueParser.quoted(peer))"
        case .key(let peer, let error): "peer \(peer): \(error)"
        case .keyTimedOut(let peer, let error): "peer \(peer): \(error)"
        case .file(let error): "\(error)"
        case .fileTimedOut(let error):
            "peer file: \(error); the change may still be made, and is then in force from the next start on: once the "
                + "file system answers, repeat it, or undo it"
        }
    }
}
