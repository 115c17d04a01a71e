/// A value that an operator wrote is wrong. One sentence says what is wrong and what would be right, but not where the
/// value stands.
package struct TextProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
