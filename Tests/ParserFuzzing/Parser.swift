import TestSupport

/// A parser that reads what strangers send, and what fuzzing needs to know of it. All of them are in `Parser.all`.
public struct Parser: Sendable, CustomStringConvertible {
    /// Lower-case letters, digits and hyphens: a folder has this name too.
    public let name: String
    private let makeSeeds: @Sendable () throws -> [[UInt8]]
    private let wrap: @Sendable ([UInt8]) -> [UInt8]
    private let parse: @Sendable ([UInt8]) throws -> Void

    /// - Parameters:
    ///   - seeds: what mutations begin with. The parser takes each of them, or mutations of them would not come far.
    ///   - wrap: makes the parser's input of bytes that were mutated: puts them into an envelope that is in order.
    ///   - parse: throws unless the input is taken.
    public init(
        _ name: String, seeds: @escaping @Sendable () throws -> [[UInt8]],
        wrap: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }, parse: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        makeSeeds = seeds
        self.wrap = wrap
        self.parse = parse
    }

    public var description: String { name }

    public static func named(_ name: String) throws -> Parser {
        if let parser = all.first(where: { $0.name == name }) { return parser }
        throw Failure("there is no parser \"\(name)\"; expected one of \(all.map(\.name).joined(separator: ", "))")
    }

    public func seeds() throws -> [[UInt8]] { try makeSeeds() }

    /// What the parser is given for `bytes`, a seed or a mutation of one.
    public func input(of bytes: [UInt8]) -> [UInt8] { wrap(bytes) }

    public func takes(_ input: [UInt8]) -> Bool {
        do {
            try parse(input)
            return true
        } catch {
            // An error is what people read: it is made as well.
            return "\(error)".isEmpty
        }
    }
}
