/// What is wrong with the text of a key.
public enum KeyTextProblem: Hashable, Sendable, CustomStringConvertible {
    case empty
    case severalLines
    case byteCount(Int)
    case notBase64
    /// A key that everybody knows.
    case allZero

    public var description: String {
        switch self {
        case .empty: "nothing is there"
        case .severalLines: "there is more than one line"
        case .byteCount(let count): "the line has \(count) bytes"
        case .notBase64: "the line is not base64 of 32 bytes"
        case .allZero: "the key is all zero"
        }
    }
}
