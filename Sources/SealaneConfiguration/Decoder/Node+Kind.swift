import SealaneFleet
import Yams

extension Node {
    var position: ConfigurationPosition? {
        mark.map { ConfigurationPosition(line: $0.line, column: $0.column) }
    }

    /// `key:` with no value after it.
    var isEmptyPlainScalar: Bool {
        scalar.map { $0.string.isEmpty && $0.style == .plain } ?? false
    }

    /// Says what the node is, to follow the name of the value in a message.
    var kindFound: String {
        switch self {
        case .mapping: "is a mapping"
        case .sequence: "is a list"
        case .alias: "is an alias"
        case .scalar(let scalar):
            isEmptyPlainScalar ? "has no value" : "is the text \(ValueParser.quoted(scalar.string))"
        }
    }
}
