import Crypto

/// Identifies a public key: the SHA-256 of its SubjectPublicKeyInfo, as 64 hexadecimal digits.
public struct KeyIdentifier: Hashable, Sendable, Comparable, LosslessStringConvertible {
    public let description: String

    init(of subjectPublicKeyInfo: some Sequence<UInt8>) {
        description = SHA256.hash(data: Array(subjectPublicKeyInfo)).hexadecimal
    }

    /// Nil unless `text` is 64 lower-case hexadecimal digits.
    public init?(_ text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// Enough digits to tell a few keys apart, for display.
    public var short: String { String(description.prefix(16)) }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}
