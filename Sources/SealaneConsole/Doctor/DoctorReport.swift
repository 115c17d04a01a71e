import SealaneControl

/// What `sealane doctor` found: `sealane doctor --json`.
package struct DoctorReport: Codable, Sendable, Equatable {
    package enum Outcome: String, Codable, Sendable, CaseIterable {
        case ok
        /// It may be meant so, or cannot be told from here.
        case warning
        /// The agent does not start like this, or no peer is eligible.
        case problem
    }

    /// One thing that was looked at.
    package struct Check: Codable, Sendable, Equatable {
        /// Stable: `listen-address`.
        package var name: String
        package var outcome: Outcome
        /// What was seen, and what would be right if that is not said by `remedy`.
        package var observed: String
        /// What to do.
        package var remedy: String?

        package init(_ name: String, _ outcome: Outcome, _ observed: String, remedy: String? = nil) {
            self.name = name
            self.outcome = outcome
            self.observed = observed
            self.remedy = remedy
        }
    }

    package var schemaVersion = ReportSchema.version
    package var checks: [Check]

    package init(checks: [Check]) {
        self.checks = checks
    }

    package var hasProblem: Bool { checks.contains { $0.outcome == .problem } }
}
