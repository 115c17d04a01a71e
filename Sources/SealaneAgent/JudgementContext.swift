import SealaneConfiguration
import FoundationEssentials
import SealaneEligibility
import SealaneFleet
import SealanePacket
import SealaneTunnel

/// What this host judges its peers by at one moment, apart from what they claim and show.
struct JudgementContext: Sendable {
    let local: LocalFacts
    let policy: Policy
    /// Whether this host verifies certificates.
    let verifiesCertificates: Bool
    /// Nil: the configuration names no topology.
    let routes: RouteWitness?
    /// This host's underlay address.
    let address: IPAddress
    let date: Date

    /// What is known of the path to a peer.
    ///
    /// - Parameter facts: the peer's.
    func evidence(_ observation: PathObservation, of peer: KnownPeer, _ facts: PeerFacts) -> PathEvidence {
        var evidence = PathEvidence(observation)
        evidence.routes = routes?.analyze(
            from: RouteWitness.End(address: address, facts: local.facts),
            to: RouteWitness.End(address: peer.member.definition.endpoint.address, facts: facts.facts), at: date)
        return evidence
    }
}
