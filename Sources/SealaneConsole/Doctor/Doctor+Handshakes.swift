import FoundationEssentials
import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneTunnel

/// Whether both ends have each other's public keys.
extension Doctor {
    /// A check for each peer that has this host's own public key.
    ///
    /// - Parameter agent: the running agent's status; nil: no agent runs.
    static func ownKeyOfPeers(_ configuration: Configuration, agent: StatusReport?) -> [DoctorReport.Check] {
        let running = agent.flatMap { $0.interface == configuration.agent.interface ? PublicKey($0.publicKey) : nil }
        guard let ownKey = configuration.publicKeyOnDisk ?? running else { return [] }
        let peers = peers(of: configuration)
        return PeerConflict.all(among: peers, with: ownKey).map { conflict in
            DoctorReport.Check(
                "public-keys", .problem, "peer \(peers[conflict.peer].name): \(conflict.problem)",
                remedy: conflict.remedy)
        }
    }

    /// One check for each peer whose handshake this host rejected recently, and for each unknown host that begins
    /// handshakes; or one check if there are none.
    static func handshakes(of peers: [PeerReport], _ agent: StatusReport) -> [DoctorReport.Check] {
        let style = ReportStyle(isColoured: false, now: Date())
        let refused = peers.compactMap { peer in
            peer.refusedHandshakeToMend(at: style.now).map { refused in
                // A source address can be forged.
                DoctorReport.Check(
                    "handshakes", refused.proven ? .problem : .warning, "\(peer.name): \(refused.finding(style))",
                    remedy: refused.remedy)
            }
        }
        let strangers = (agent.strangers ?? []).filter { $0.isNews(at: style.now) }.map { stranger in
            DoctorReport.Check(
                "handshakes", .warning, stranger.observed(agent.publicKey, style),
                remedy: stranger.remedy(agent.publicKey))
        }
        let minutes = Int(RefusedHandshakeReport.newsSpan / 60)
        return refused.isEmpty && strangers.isEmpty
            ? [
                .init(
                    "handshakes", .ok,
                    "in the last \(minutes) minutes, no handshake was rejected for its key or its source")
            ]
            : refused + strangers
    }
}
