/// All problems of one file, in the order of their lines.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    package init(problems: [ConfigurationProblem]) {
        func place(_ problem: ConfigurationProblem) -> ConfigurationPosition {
            problem.position ?? ConfigurationPosition(line: 0, column: 0)
        }
        self.problems = problems.enumerated()
            .sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
            .map(\.element)
    }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
