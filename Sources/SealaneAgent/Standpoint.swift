import FoundationEssentials
import SealaneEligibility
import SealaneFleet
import SealanePacket
import SealaneTunnel

/// What this host judges its peers by, apart from what they say and show of themselves, at one moment.
struct Standpoint: Sendable {
    let local: LocalFacts
    let policy: Policy
    /// Nil: no topology is named.
    let routes: RouteWitness?
    /// This host's underlay address.
    let address: IPAddress
    let date: Date

    /// What is known of the path to a peer.
    ///
    /// - Parameters:
    ///   - sightings: what the tunnel saw.
    ///   - facts: the peer's.
    func evidence(_ sightings: PathSightings, of peer: KnownPeer, _ facts: PeerFacts) -> PathEvidence {
        var evidence = PathEvidence(sightings)
        evidence.routes = routes?.analyze(
            from: RouteWitness.End(address: address, facts: local.facts),
            to: RouteWitness.End(address: peer.member.definition.endpoint.address, facts: facts.facts), at: date)
        return evidence
    }
}
