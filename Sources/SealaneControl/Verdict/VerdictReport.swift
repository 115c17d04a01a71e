import SealaneEligibility

/// A verdict: eligible, refused with every reason, or unjudged with everything that is missing.
package struct VerdictReport: Codable, Sendable, Equatable {
    package var verdict: Verdict.Outcome
    /// Whether `verdict` is `eligible`.
    package var eligible: Bool
    /// Never empty if refused, empty otherwise.
    package var reasons: [Reason]
    /// What the verdict still needs; absent unless unjudged.
    package var missing: [Verdict.Need]?

    package init(_ verdict: Verdict) {
        self.verdict = verdict.outcome
        eligible = verdict.isEligible
        reasons = verdict.reasons
        missing = verdict.missing.isEmpty ? nil : verdict.missing
    }

    /// Older agents, which had two verdicts, leave `verdict` out.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        eligible = try container.decode(Bool.self, forKey: .eligible)
        reasons = try container.decode([Reason].self, forKey: .reasons)
        missing = try container.decodeIfPresent([Verdict.Need].self, forKey: .missing)
        verdict =
            try container.decodeIfPresent(Verdict.Outcome.self, forKey: .verdict) ?? (eligible ? .eligible : .refused)
    }
}
