/// A place in a text file. Line and column count from 1, columns in Unicode scalars.
package struct ConfigurationPosition: Sendable, Hashable, Comparable {
    package let line: Int
    package let column: Int

    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
