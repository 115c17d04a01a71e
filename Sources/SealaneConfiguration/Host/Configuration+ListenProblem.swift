extension Configuration {
    /// Why the agent cannot listen on one address of the configuration yet.
    package struct ListenProblem: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// No interface has the address.
            case missing
            /// Duplicate address detection has not finished.
            case tentative
            /// Duplicate address detection has found another host with the address.
            case duplicate
            /// An interface has the address, but the kernel does not bind sockets to it yet.
            case unbound
        }

        package let kind: Kind
        /// With its position in the file.
        package let problem: ConfigurationProblem

        package init(kind: Kind, problem: ConfigurationProblem) {
            self.kind = kind
            self.problem = problem
        }
    }
}
