/// What is wrong with the text of a key.
public enum KeyTextProblem: Hashable, Sendable, CustomStringConvertible {
    case empty
    case severalLines
    case byteCount(Int)
    case notBase64
    /// A key that everybody knows.
    case allZero
    /// Not one PEM block PRIVATE KEY of the length that an Ed25519 key has.
    case notPEM
    /// Such a block, with another key in it.
    case notEd25519

    public var description: String {
        switch self {
        case .empty: "nothing is there"
        case .severalLines: "there is more than one line"
        case .byteCount(let count): "the line has \(count) bytes"
        case .notBase64: "the line is not base64 of 32 bytes"
        case .allZero: "the key is all zero"
        case .notPEM: "it is not one PEM block PRIVATE KEY with a key of 32 bytes"
        case .notEd25519: "the key is not one of Ed25519"
        }
    }
}
