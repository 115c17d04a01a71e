/// An EC2 instance type name: a family and a size, `m5n.xlarge`.
///
/// Strict: lower-case letters, digits and hyphens, and exactly one dot. Other spellings are refused rather than
/// guessed: a guess would be a pass without a source.
package struct InstanceType: Sendable, Hashable, CustomStringConvertible {
    /// The whole text before the dot. `m5n` is not a kind of `m5`, so never match by prefix.
    package let family: String
    package let size: String

    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isToken) else { return nil }
        family = String(Substring(parts[0]))
        size = String(Substring(parts[1]))
    }

    package var description: String { "\(family).\(size)" }

    /// Whether `text` has the form of a family name (`m5n`, `p6e-gb200`). Does not check whether the family exists.
    package static func isFamilyName(_ text: String) -> Bool { isToken(text.utf8) }

    private static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}
