/// Each fact of the peer is proven at least as well as `policy.proof` asks.
struct ProofRule: Rule {
    var codes: [ReasonCode] { [.factsUnproven, .factsUnknown] }
    var evidence: RuleEvidence { .certificate }
    var trigger: String { "when a fact is not proven as well as policy.proof asks" }
    var clearance: String { "every fact is proven as well as the policy asks" }

    func evaluate(_ side: Side, in evaluated: Case) -> [Reason] {
        let policy = evaluated.policy
        // A certificate that is missing or refused proves nothing: its own reason says so already.
        guard side == .peer, let peer = evaluated.peer, !peer.lacksCertificate(policy) else { return [] }
        let needed = policy.neededFacts
        return FactName.allCases.flatMap { name -> [Reason] in
            guard let least = policy.leastProvenance[name], least > .stated else { return [] }
            guard let fact = peer.facts.known(name) else {
                // The rule that needs a fact says that it is unknown.
                return needed.contains(name) ? [] : evaluated.unknownReasons(name.rawValue, of: .peer)
            }
            guard fact.provenance < least else { return [] }
            return [
                Reason(
                    code: .factsUnproven, observed: "\(name) \(fact.value), \(fact.provenance)",
                    required: "\(name) by \(least)" + (least == Provenance.allCases.last ? "" : " or better"),
                    source: "policy")
            ]
        }
    }
}
