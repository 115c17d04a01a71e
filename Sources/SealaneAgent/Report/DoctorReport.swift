/// What `sealane doctor` found: `sealane doctor --json`.
public struct DoctorReport: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, CaseIterable {
        case ok
        /// It may be meant so, or cannot be told from here.
        case warning
        /// The agent does not start like this, or no peer is eligible.
        case problem
    }

    /// One thing that was looked at.
    public struct Check: Codable, Sendable, Equatable {
        /// Stable: `listen-address`.
        public var name: String
        public var outcome: Outcome
        /// What was seen, and what would be right if that is not said by `remedy`.
        public var observed: String
        /// What to do.
        public var remedy: String?

        public init(_ name: String, _ outcome: Outcome, _ observed: String, remedy: String? = nil) {
            self.name = name
            self.outcome = outcome
            self.observed = observed
            self.remedy = remedy
        }
    }

    public var schemaVersion = ReportSchema.version
    public var checks: [Check]

    public init(checks: [Check]) {
        self.checks = checks
    }

    public var hasProblem: Bool { checks.contains { $0.outcome == .problem } }
}
