/// Where two keys that ought to do the same first differ. `byteCount` is that of the plaintext.
public enum AEADDisagreement: Hashable, Sendable, CustomStringConvertible {
    /// The packet was sealed to other bytes, or memory behind it was written to.
    case sealing(byteCount: Int, headerByteCount: Int, inPlace: Bool)
    /// What was sealed was refused or opened to something else, or memory behind it was written to.
    case opening(byteCount: Int, headerByteCount: Int, inPlace: Bool)
    /// A packet with this byte altered, of header, ciphertext and tag in turn, was accepted or its plaintext kept.
    case forgery(byteCount: Int, alteredByte: Int)

    public var description: String {
        switch self {
        case .sealing(let count, let header, let inPlace):
            "sealing \(count) bytes and a header of \(header) \(inPlace ? "in place" : "into other memory")"
        case .opening(let count, let header, let inPlace):
            "opening \(count) bytes and a header of \(header) \(inPlace ? "in place" : "into other memory")"
        case .forgery(let count, let at):
            "refusing \(count) bytes of which byte \(at) of header, ciphertext and tag was altered"
        }
    }
}
