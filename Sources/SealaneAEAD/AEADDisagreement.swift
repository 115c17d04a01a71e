/// The first difference between two keys that should behave the same. `byteCount` is the plaintext's length.
public enum AEADDisagreement: Hashable, Sendable, CustomStringConvertible {
    /// The sealed bytes differ, or memory after them was written.
    case sealing(byteCount: Int, headerByteCount: Int, inPlace: Bool)
    /// Opening a sealed packet failed or gave other bytes, or memory after them was written.
    case opening(byteCount: Int, headerByteCount: Int, inPlace: Bool)
    /// A packet with this byte altered (counted over header, ciphertext and tag) was accepted, or its plaintext was
    /// left in memory.
    case forgery(byteCount: Int, alteredByte: Int)

    public var description: String {
        switch self {
        case .sealing(let count, let header, let inPlace):
            "sealing \(count) bytes and a header of \(header) \(inPlace ? "in place" : "into other memory")"
        case .opening(let count, let header, let inPlace):
            "opening \(count) bytes and a header of \(header) \(inPlace ? "in place" : "into other memory")"
        case .forgery(let count, let at):
            "refusing \(count) bytes with byte \(at) of header, ciphertext and tag altered"
        }
    }
}
