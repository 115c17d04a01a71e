/// A fleet's name as a SPIFFE trust domain (SPIFFE-ID section 2.1): the host part of every identity's URI.
///
/// Stricter than SPIFFE: the name must have the form of a DNS name, so that a URI name constraint (RFC 5280 section
/// 4.2.1.10) can contain it. It has at most 63 bytes, where SPIFFE allows 255.
package struct TrustDomain: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    static var byteLimit: Int { 63 }

    /// The trust domain of the fleet that the configuration calls `name`.
    package init(fleet name: String) throws(IdentityProblem) {
        func problem(_ what: String, _ required: String) -> IdentityProblem {
            IdentityProblem("the fleet name \"\(name)\" \(what), so no certificate can contain it", required: required)
        }
        let lowercased = name.lowercased()
        let labels = lowercased.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...Self.byteLimit).contains(lowercased.utf8.count), labels.allSatisfy(Self.isLabel) else {
            throw problem(
                "is not a host name",
                "labels of a-z, 0-9, - and _, separated by dots, that do not begin or end with -")
        }
        guard labels.last?.allSatisfy({ (0x30...0x39).contains($0) }) != true else {
            throw problem("ends in a number, like an address", "a last label with a letter")
        }
        // Checked last, so that the recommended name is valid and safe to display.
        guard name == lowercased else { throw problem("has upper-case letters", "\"\(lowercased)\" on all hosts") }
        description = lowercased
    }

    private static func isLabel(_ bytes: Substring.UTF8View) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return !bytes.isEmpty && bytes.first != hyphen && bytes.last != hyphen
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), hyphen,
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
