import SealanePacket

/// Why claims or a list of reasons cannot be sent, or were refused on arrival.
package enum ClaimsError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong(bytes: Int, limit: Int)
    case truncated(field: String, needed: Int, left: Int)
    case trailingBytes(Int)
    case unknownVersion(UInt8)
    case repeatedTag(UInt8)
    case tagOutOfOrder(UInt8, after: UInt8)
    case emptyField(String)
    case fieldTooLong(field: String, bytes: Int, limit: Int)
    case notUTF8(field: String)
    /// `scalar` is the disallowed Unicode code point.
    case unprintable(field: String, scalar: UInt32)
    case tooManyEntries(what: String, count: Int, limit: Int)
    case unknownAddressFamily(UInt8)
    case duplicateAddress(IPAddress)
    case unknownReasonCode(UInt8)

    package var description: String {
        switch self {
        case .tooLong(let bytes, let limit): "\(bytes) bytes; at most \(limit) are allowed"
        case .truncated(let field, let needed, let left): "truncated at \(field): \(needed) bytes needed, \(left) left"
        case .trailingBytes(let count): "\(count) bytes after the end"
        case .unknownVersion(let version): "version \(version), expected 1"
        case .repeatedTag(let tag): "tag \(tag) occurs twice"
        case .tagOutOfOrder(let tag, let last): "tag \(tag) follows \(last); expected ascending tags from 1"
        case .emptyField(let field): "\(field) is empty; expected no entry for an unknown value"
        case .fieldTooLong(let field, let bytes, let limit): "\(field) has \(bytes) bytes; at most \(limit) are allowed"
        case .notUTF8(let field): "\(field) is not UTF-8"
        case .unprintable(let field, let scalar):
            "\(field) contains the unprintable character U+\(String(scalar, radix: 16, uppercase: true))"
        case .tooManyEntries(let what, let count, let limit): "\(count) \(what); at most \(limit) are allowed"
        case .unknownAddressFamily(let family):
            "address family \(family) is unknown or does not match the address; expected 4 for IPv4 or 6 for IPv6"
        case .duplicateAddress(let address): "address \(address) occurs twice"
        case .unknownReasonCode(let number): "reason code \(number) is unknown to this version"
        }
    }
}
