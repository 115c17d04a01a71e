/// What is known about this host's instance: the facts that the operator stated, confirmed and completed by stronger
/// sources.
package struct LocalFacts: Sendable, Hashable {
    /// Each fact from its strongest source. The addresses are always the stated ones: no other source knows the
    /// addresses of the overlay interface.
    package let facts: Facts
    /// Reasons why this host must refuse every peer. Empty if there are none.
    package let reasons: [Reason]

    /// Each fact on which two sources differ gives an `identity-mismatch` in `reasons`. Facts that do not fit into
    /// `Claims` give `facts-unknown`: a peer would evaluate other facts than this host does.
    ///
    /// - Parameters:
    ///   - proven: the facts of other sources, in any order.
    ///   - reasons: further reasons to refuse every peer.
    package init(stated: Facts, proven: [Facts] = [], reasons: [Reason] = []) {
        var facts = stated
        var contradictions: [Reason] = []
        for name in FactName.allCases {
            let known = ([stated] + proven).compactMap { $0.known(name) }
            guard let best = known.max(by: { $0.provenance < $1.provenance }) else { continue }
            facts[name] = best
            contradictions += known.filter { $0.value != best.value }.map { fact in
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
