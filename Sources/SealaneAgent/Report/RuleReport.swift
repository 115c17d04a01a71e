import SealaneEligibility

/// A rule that the policy does not let refuse a peer, and what it says of the peer.
public struct RuleReport: Codable, Sendable, Equatable {
    public var rule: RuleName
    /// warn or ignore: the policy's.
    public var policy: Reaction
    /// What speaks against the peer by this rule.
    public var reasons: [Reason]

    /// The rules about hosts that are ignored, and those that warn of something. nil: none.
    static func relaxed(in evaluated: Case) -> [RuleReport]? {
        let rules = Rules.ofHosts.filter { !evaluated.policy[$0].refuses }
        let relaxed = evaluated.results(of: rules).filter { $0.reaction == .ignore || !$0.reasons.isEmpty }
        return relaxed.isEmpty
            ? nil : relaxed.map { RuleReport(rule: $0.rule, policy: $0.reaction, reasons: $0.reasons) }
    }

    public init(rule: RuleName, policy: Reaction, reasons: [Reason]) {
        self.rule = rule
        self.policy = policy
        self.reasons = reasons
    }
}

extension [RuleReport] {
    /// One line for each rule: what speaks against the peer, and that the policy ignores it or only warns.
    func text(_ style: ReportStyle) -> String {
        guard !isEmpty else { return "" }
        var lines = ReportLines(style, indent: 4)
        for report in self {
            let observed = report.reasons.map { "\($0.code), \($0.observed)" }.joined(separator: "; ")
            let against = observed.isEmpty ? "" : observed + ": "
            let policy = report.policy == .ignore ? "ignored by policy" : "the policy only warns"
            lines.add(report.rule.rawValue, against + style.paint(policy, .warning))
        }
        return "  rules\n" + lines.text
    }
}

extension Policy {
    /// The rules whose own reaction is a refusal and which the policy does not let refuse. nil: none.
    var relaxedRules: [String: Reaction]? {
        let relaxed = changedReactions.filter { !$0.value.refuses }
        return relaxed.isEmpty
            ? nil : Dictionary(uniqueKeysWithValues: relaxed.map { ($0.key.rawValue, $0.value) })
    }
}
