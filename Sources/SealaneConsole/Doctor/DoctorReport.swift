import SealaneControl

/// The findings of `sealane doctor`: `sealane doctor --json`.
package struct DoctorReport: Codable, Sendable, Equatable {
    package enum Outcome: String, Codable, Sendable, CaseIterable {
        case ok
        /// It may be intended, or cannot be judged here.
        case warning
        /// The agent does not start, or no peer is eligible.
        case problem
    }

    /// One check.
    package struct Check: Codable, Sendable, Equatable {
        /// Stable: `listen-address`.
        package var name: String
        package var outcome: Outcome
        /// The observation, and what would be right unless `remedy` says it.
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
