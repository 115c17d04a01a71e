import SealaneEligibility

/// A rule that the policy does not let refuse a peer, and its findings.
package struct RuleReport: Codable, Sendable, Equatable {
    package var rule: RuleName
    /// The policy's reaction: warn or ignore.
    package var policy: Reaction
    /// The reasons of the rule against the peer.
    package var reasons: [Reason]

    /// The rules about hosts that the policy ignores, and those that warn. Nil: none.
    package static func relaxed(in evaluated: Case) -> [RuleReport]? {
        let rules = Rules.ofHosts.filter { !evaluated.policy[$0].refuses }
        let relaxed = evaluated.results(of: rules).filter { $0.reaction == .ignore || !$0.reasons.isEmpty }
        return relaxed.isEmpty
            ? nil : relaxed.map { RuleReport(rule: $0.rule, policy: $0.reaction, reasons: $0.reasons) }
    }

    package init(rule: RuleName, policy: Reaction, reasons: [Reason]) {
        self.rule = rule
        self.policy = policy
        self.reasons = reasons
    }
}

extension Policy {
    /// The rules that refuse by default and that the policy does not let refuse. Nil: none.
    package var relaxedRules: [String: Reaction]? {
        let relaxed = changedReactions.filter { !$0.value.refuses }
        return relaxed.isEmpty
            ? nil : Dictionary(uniqueKeysWithValues: relaxed.map { ($0.key.rawValue, $0.value) })
    }
}
