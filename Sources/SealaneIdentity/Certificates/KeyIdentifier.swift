import Crypto

/// Identifies a public key: the SHA-256 of its SubjectPublicKeyInfo, as 64 hexadecimal digits.
package struct KeyIdentifier: Hashable, Sendable, Comparable, LosslessStringConvertible {
    package let description: String

    init(of subjectPublicKeyInfo: some Sequence<UInt8>) {
        description = SHA256.hash(data: Array(subjectPublicKeyInfo)).hexadecimal
    }

    /// Nil unless `text` is 64 lower-case hexadecimal digits.
    package init?(_ text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// Enough digits to tell a few keys apart, for display.
    package var short: String { String(description.prefix(16)) }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}
