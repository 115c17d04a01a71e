import TestSupport

/// A parser of untrusted input, with what fuzzing needs. `Parser.all` lists all of them.
package struct Parser: Sendable, CustomStringConvertible {
    /// Lower-case letters, digits and hyphens, because it is also a folder's name.
    package let name: String
    private let makeSeeds: @Sendable () throws -> [[UInt8]]
    private let wrap: @Sendable ([UInt8]) -> [UInt8]
    private let parse: @Sendable ([UInt8]) throws -> Void

    /// - Parameters:
    ///   - seeds: the initial inputs for mutations. The parser must accept each of them, otherwise mutations would not
    ///     get far.
    ///   - wrap: makes the parser's input from mutated bytes by putting them into a valid envelope.
    ///   - parse: throws unless it accepts the input.
    package init(
        _ name: String, seeds: @escaping @Sendable () throws -> [[UInt8]],
        wrap: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }, parse: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        makeSeeds = seeds
        self.wrap = wrap
        self.parse = parse
    }

    package var description: String { name }

    package static func named(_ name: String) throws -> Parser {
        if let parser = all.first(where: { $0.name == name }) { return parser }
        throw Failure("there is no parser \"\(name)\"; expected one of \(all.map(\.name).joined(separator: ", "))")
    }

    package func seeds() throws -> [[UInt8]] { try makeSeeds() }

    /// The parser's input for `bytes`, a seed or a mutation.
    package func input(of bytes: [UInt8]) -> [UInt8] { wrap(bytes) }

    package func takes(_ input: [UInt8]) -> Bool {
        do {
            try parse(input)
            return true
        } catch {
            // Also format the error, since users see it.
            return "\(error)".isEmpty
        }
    }
}
