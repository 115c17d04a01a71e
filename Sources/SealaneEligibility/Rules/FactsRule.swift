/// The peer is a different instance than this host, and its claims do not contradict its known facts.
struct FactsRule: Rule {
    var codes: [ReasonCode] { [.identityMismatch] }
    var evidence: RuleEvidence { .claims }
    var trigger: String { "when the peer's claims contradict its known facts" }
    var passText: String { "the peer's claims do not contradict its known facts" }

    func evaluate(_ evaluated: Case) -> [Reason] {
        guard let peer = evaluated.peer?.facts else { return [] }
        return [sameInstance(evaluated.local.facts, peer)].compactMap(\.self)
            + (evaluated.claims.map { contradictions(of: $0, to: peer) } ?? [])
    }

    /// An instance cannot be its own peer: one of the two uses the other's identity.
    private func sameInstance(_ local: Facts, _ peer: Facts) -> Reason? {
        guard let own = local.known(.instanceID), let theirs = peer.known(.instanceID), own.value == theirs.value else {
            return nil
        }
        return Reason(
            code: .identityMismatch, observed: "\(FactName.instanceID) \(theirs.value), which is this host's",
            required: "an instance other than this host's", source: sources(own, theirs))
    }

    private func contradictions(of claims: Claims, to peer: Facts) -> [Reason] {
        FactName.allCases.compactMap { name in
            guard let fact = peer.known(name), let claim = claims[name], claim != fact.value else { return nil }
            return Reason(
                code: .identityMismatch, observed: "\(name) \(claim)", required: "\(name) \(fact.value)",
                source: "observed: the peer's claims; required: \(fact.provenance)")
        }
    }
}
