/// The two are two instances, and the peer's claims contradict nothing that is known of it.
struct FactsRule: Rule {
    var codes: [ReasonCode] { [.identityMismatch] }
    var evidence: RuleEvidence { .claims }
    var trigger: String { "when the peer's claims contradict what is known of it" }
    var clearance: String { "the peer claims nothing that contradicts what is known of it" }

    func evaluate(_ evaluated: Case) -> [Reason] {
        guard let peer = evaluated.peer?.facts else { return [] }
        return [sameInstance(evaluated.local.facts, peer)].compactMap(\.self)
            + (evaluated.claims.map { contradictions(of: $0, to: peer) } ?? [])
    }

    /// An instance is no peer of its own: one of the two has the identity of the other.
    private func sameInstance(_ local: Facts, _ peer: Facts) -> Reason? {
        guard let own = local.known(.instanceID), let theirs = peer.known(.instanceID), own.value == theirs.value else {
            return nil
        }
        return Reason(
            code: .identityMismatch, observed: "\(FactName.instanceID) \(theirs.value), which is this host's own",
            required: "another instance than this host's", source: sources(own, theirs))
    }

    private func contradictions(of claims: Claims, to peer: Facts) -> [Reason] {
        FactName.allCases.compactMap { name in
            guard let fact = peer.known(name), let claim = claims[name], claim != fact.value else { return nil }
            return Reason(
                code: .identityMismatch, observed: "\(name) \(claim)", required: "\(name) \(fact.value)",
                source: "observed: peer's own statement; required: \(fact.provenance)")
        }
    }
}
