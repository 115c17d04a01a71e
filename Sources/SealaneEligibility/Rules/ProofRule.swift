/// Each fact of the peer has at least the provenance that `policy.proof` requires.
struct ProofRule: Rule {
    var codes: [ReasonCode] { [.factsUnproven, .factsUnknown] }
    var evidence: RuleEvidence { .certificate }
    var trigger: String { "when a fact has weaker proof than policy.proof requires" }
    var passText: String { "every fact is proven as the policy requires" }

    func evaluate(_ side: Side, in evaluated: Case) -> [Reason] {
        let policy = evaluated.policy
        // A missing or refused certificate proves nothing; CertificateRule already gives its reason.
        guard side == .peer, let peer = evaluated.peer, !peer.lacksCertificate(policy) else { return [] }
        let needed = policy.neededFacts
        return FactName.allCases.flatMap { name -> [Reason] in
            guard let least = policy.leastProvenance[name], least > .stated else { return [] }
            guard let fact = peer.facts.known(name) else {
                // The rule that needs the fact already reports it as unknown.
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
