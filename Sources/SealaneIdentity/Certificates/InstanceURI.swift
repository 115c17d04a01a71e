import SealaneEligibility

/// The SPIFFE URI that contains the facts of an instance:
/// `spiffe://FLEET/account/A/region/R/zone/Z/vpc/V/subnet/S/type/T/instance/I`.
///
/// The order is fixed. Each pair occurs at most once, an unknown fact has no pair, and there is at least one pair, so
/// equal facts have one spelling. Values consist of the characters of SPIFFE-ID section 2.2: letters, digits, `.`, `-`
/// and `_`. A value has at most `Claims.fieldByteLimit` bytes, which keeps the URI far below SPIFFE's limit of 2048
/// bytes.
package struct InstanceURI: Hashable, Sendable, CustomStringConvertible {
    package let trustDomain: TrustDomain
    private let values: [FactName: String]

    private static let scheme = "spiffe://"
    private static let order: [FactName] = [.account, .region, .zone, .vpc, .subnet, .instanceType, .instanceID]

    /// The URI of an instance with these facts. Throws for a value that a URI cannot contain; never omits it.
    package init(trustDomain: TrustDomain, facts: Facts) throws(IdentityProblem) {
        var values: [FactName: String] = [:]
        for name in Self.order {
            guard let value = facts.known(name)?.value else { continue }
            try Self.validate(value, of: name)
            values[name] = value
        }
        guard !values.isEmpty else {
            throw IdentityProblem("no facts of the instance are known", required: "at least its ID")
        }
        self.trustDomain = trustDomain
        self.values = values
    }

    package init(_ text: String) throws(IdentityProblem) {
        func problem(_ what: String) -> IdentityProblem {
            IdentityProblem("the URI \(text) \(what)", required: Self.form)
        }
        guard text.hasPrefix(Self.scheme) else { throw problem("is not a SPIFFE ID") }
        let parts = text.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false)
        do throws(IdentityProblem) {
            trustDomain = try TrustDomain(fleet: String(parts[0]))
        } catch {
            throw problem("has an invalid trust domain")
        }
        guard parts.count >= 3, parts.count % 2 == 1 else {
            throw problem("does not consist of pairs of names and values")
        }
        var values: [FactName: String] = [:]
        var rest = Self.order[...]
        for index in stride(from: 1, to: parts.count, by: 2) {
            // Names must follow the fixed order, so earlier names cannot occur from here on.
            guard let place = rest.firstIndex(where: { Self.pathName(of: $0) == parts[index] }) else {
                throw problem("has \"\(parts[index])\" in the wrong place")
            }
            let value = String(parts[index + 1])
            try Self.validate(value, of: rest[place])
            values[rest[place]] = value
            rest = rest[(place + 1)...]
        }
        self.values = values
    }

    package subscript(name: FactName) -> String? { values[name] }

    /// The facts that a certificate with this URI proves, without addresses: those are separate names in the
    /// certificate.
    package var facts: Facts {
        var facts = Facts()
        for (name, value) in values { facts[name] = Fact(value, .certificate) }
        return facts
    }

    package var description: String {
        Self.scheme + trustDomain.description
            + Self.order.compactMap { name in values[name].map { "/\(Self.pathName(of: name))/\($0)" } }.joined()
    }

    /// Whether `text` is a valid value in the path.
    static func isValue(_ text: String) -> Bool {
        (1...Claims.fieldByteLimit).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func validate(_ value: String, of name: FactName) throws(IdentityProblem) {
        guard !isValue(value) else { return }
        throw IdentityProblem(
            "the \(name) \"\(value)\" is not valid in a SPIFFE URI",
            required: "1 to \(Claims.fieldByteLimit) letters, digits, - _ and .")
    }

    private static func pathName(of name: FactName) -> String {
        name == .instanceID ? "instance" : name.rawValue
    }

    private static var form: String {
        "spiffe://FLEET/account/A/region/R/zone/Z/vpc/V/subnet/S/type/T/instance/I, in this order, without pairs for unknown facts"
    }
}
