/// One problem of a configuration: `file:line:column: what is wrong; what would be right`.
package struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    package let file: String
    /// Nil: the problem concerns the whole file.
    package let position: ConfigurationPosition?
    package let message: String

    package var description: String {
        guard let position else { return "\(file): \(message)" }
        return "\(file):\(position.line):\(position.column): \(message)"
    }
}
