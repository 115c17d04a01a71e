/// What is known of the instance that this runs on: what the operator states, confirmed and filled in by sources that prove
/// more.
public struct LocalFacts: Sendable, Hashable {
    /// Each fact as its best source has it. The addresses are always the stated ones: which addresses the interface of the
    /// overlay has, no other source knows.
    public let facts: Facts
    /// What forbids this host to talk to anybody. Empty: nothing does.
    public let reasons: [Reason]

    /// Every fact on which two sources differ is one `identity-mismatch` among `reasons`. Facts that no `Claims` can
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
        do throws(ClaimsError) {
            _ = try Claims(of: facts)
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
