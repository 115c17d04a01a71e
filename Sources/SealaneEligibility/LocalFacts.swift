/// What is known of the instance that this runs on: what the operator states, confirmed and filled in by sources that prove
/// more.
public struct LocalFacts: Sendable, Hashable {
    /// Each fact as its best source has it. The addresses are always the stated ones: which addresses the interface of the
    /// overlay has, no other source knows.
    public let facts: Facts
    /// What forbids this host to talk to anybody. Empty: nothing does.
    public let reasons: [Reason]

    /// Every fact on which two sources differ is one `identity-mismatch` among `reasons`. Facts that no `Statement` can
    /// carry are `facts-unknown`: a peer would judge by others than this host does.
    ///
    /// - Parameters:
    ///   - proven: what other sources say, in any order.
    ///   - reasons: what else forbids this host to talk to anybody.
    public init(stated: Facts, proven: [Facts] = [], reasons: [Reason] = []) {
        var facts = stated
        var contradictions: [Reason] = []
        for name in FactName.allCases {
            let said = ([stated] + proven).compactMap { $0.known(name) }
            guard let best = said.max(by: { $0.provenance < $1.provenance }) else { continue }
            facts[name] = best
            contradictions += said.filter { $0.value != best.value }.map { fact in
                Reason(
                    code: .identityMismatch, observed: "local \(name) \(fact.value)",
                    required: "\(name) \(best.value)",
                    source: "observed: \(fact.provenance); required: \(best.provenance)")
            }
        }
        self.facts = facts
        self.reasons = contradictions + Self.unsendable(facts).filter { !reasons.contains($0) } + reasons
    }

    private static func unsendable(_ facts: Facts) -> [Reason] {
        do throws(PayloadError) {
            _ = try Statement(of: facts)
            return []
        } catch {
            return [
                Reason(
                    code: .factsUnknown, observed: "local facts that cannot be sent to a peer: \(error)",
                    required: "facts that fit a handshake", source: "local facts")
            ]
        }
    }
}

/// As `judge` of the facts, with all that is known of both ends: what forbids this host to talk to anybody comes before every
/// rule, then what the peer's certificate comes to.
public func judge(local: LocalFacts, peer: PeerFacts, statement: Statement? = nil, policy: Policy) -> Verdict {
    var rules = judge(local: local.facts, peer: peer.facts, statement: statement, policy: policy).reasons
    // What is wrong with the certificate says already why its facts are not known, and what to do.
    if peer.lacksCertificate(policy) { rules.removeAll { $0.isUnknownFact(of: .peer) } }
    let reasons = local.reasons + peer.reasons + peer.proofReasons(policy) + rules
    return reasons.isEmpty ? .eligible : .refused(reasons)
}

/// What is certain of the verdict whoever the peer is: whether it makes sense to ask one who it is.
public func judge(local: LocalFacts, policy: Policy) -> Verdict {
    let reasons = local.reasons + localReasons(local.facts, policy)
    return reasons.isEmpty ? .eligible : .refused(reasons)
}
