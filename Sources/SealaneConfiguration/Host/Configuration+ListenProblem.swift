extension Configuration {
    /// What is in the way of listening on one address of the configuration.
    package struct ListenProblem: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// No interface has the address.
            case missing
            /// Duplicate address detection has not ended.
            case tentative
            /// Duplicate address detection has found another host that has it.
            case duplicate
            /// An interface has it, and the kernel binds no socket to it yet.
            case unbound
        }

        package let kind: Kind
        /// At its place in the file.
        package let problem: ConfigurationProblem

        package init(kind: Kind, problem: ConfigurationProblem) {
            self.kind = kind
            self.problem = problem
        }
    }
}
