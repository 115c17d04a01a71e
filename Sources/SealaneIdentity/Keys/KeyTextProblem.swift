/// Why a text is not a key.
package enum KeyTextProblem: Hashable, Sendable, CustomStringConvertible {
    case empty
    case severalLines
    case byteCount(Int)
    case notBase64
    /// A key that everyone knows.
    case allZero
    /// Not a single PEM block PRIVATE KEY with the length of an Ed25519 key.
    case notPEM
    /// Such a block, with a key of another type.
    case notEd25519

    package var description: String {
        switch self {
        case .empty: "it is empty"
        case .severalLines: "it has more than one line"
        case .byteCount(let count): "the line has \(count) bytes"
        case .notBase64: "the line is not 32 bytes in base64"
        case .allZero: "the key is all zeros"
        case .notPEM: "it is not a single PEM block PRIVATE KEY with a key of 32 bytes"
        case .notEd25519: "the key is not an Ed25519 key"
        }
    }
}
