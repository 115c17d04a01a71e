import FoundationEssentials
import SealanePacket
import SwiftASN1
import X509

/// Whether a name is within the subtree of a constraint of its type.
enum NameMatch {
    case inside, outside
    /// The constraint cannot be evaluated for the name.
    case unknown
}

enum NameKind: Hashable {
    case other, mailbox, domain, x400, directory, party, uri, address, registered

    var plural: String {
        switch self {
        case .other: "otherNames"
        case .mailbox: "mailboxes"
        case .domain: "DNS names"
        case .x400: "X.400 addresses"
        case .directory: "directory names"
        case .party: "EDI party names"
        case .uri: "URIs"
        case .address: "IP addresses"
        case .registered: "registered identifiers"
        }
    }
}

extension GeneralName {
    /// For display: `a DNS name`.
    var kindText: String {
        switch kind {
        case .other: "an otherName"
        case .mailbox: "a mailbox"
        case .domain: "a DNS name"
        case .x400: "an X.400 address"
        case .directory: "a directory name"
        case .party: "an EDI party name"
        case .uri: "a URI"
        case .address: "an IP address"
        case .registered: "a registered identifier"
        }
    }

    var kind: NameKind {
        switch self {
        case .otherName: .other
        case .rfc822Name: .mailbox
        case .dnsName: .domain
        case .x400Address: .x400
        case .directoryName: .directory
        case .ediPartyName: .party
        case .uniformResourceIdentifier: .uri
        case .ipAddress: .address
        case .registeredID: .registered
        }
    }

    /// For display.
    var text: String {
        switch self {
        case .rfc822Name(let text), .dnsName(let text), .uniformResourceIdentifier(let text): text
        case .directoryName(let name): name.text
        case .ipAddress(let octets): IPAddress(bytes: octets.bytes)?.description ?? octets.bytes.prefix(32).hexadecimal
        case .registeredID(let identifier): "\(identifier)"
        case .otherName(let name): "the otherName of type \(name.typeID)"
        case .x400Address: "an X.400 address"
        case .ediPartyName: "an EDI party name"
        }
    }

    /// The same for a constraint, in which an IP address is a network.
    var constraintText: String {
        guard case .ipAddress(let octets) = self else { return text }
        let half = octets.bytes.count / 2
        let mask = octets.bytes.suffix(half)
        guard let address = IPAddress(bytes: octets.bytes.prefix(half)), mask.isNetworkMask else { return text }
        return "\(address)/\(mask.reduce(0) { $0 + $1.nonzeroBitCount })"
    }

    /// Both must be of the same type.
    func lies(in constraint: GeneralName) -> NameMatch {
        switch (self, constraint) {
        case (.dnsName(let name), .dnsName(let subtree)): Self.place(ofDomain: name, in: subtree)
        case (.uniformResourceIdentifier(let name), .uniformResourceIdentifier(let subtree)):
            Self.place(ofURI: name, in: subtree)
        case (.rfc822Name(let name), .rfc822Name(let subtree)): Self.place(ofMailbox: name, in: subtree)
        case (.ipAddress(let name), .ipAddress(let subtree)): Self.place(ofAddress: name.bytes, in: subtree.bytes)
        case (.directoryName(let name), .directoryName(let subtree)): name.lies(in: subtree)
        default: .unknown
        }
    }

    /// The name equals the constraint or is below it. If the constraint starts with a dot, as is common, the name must
    /// be below it.
    private static func place(ofDomain name: String, in subtree: String) -> NameMatch {
        if subtree.isEmpty { return .inside }
        guard let name = name.hostName(isWildcardAllowed: true), let subtree = subtree.constraintHost else {
            return .unknown
        }
        if subtree.isDomain { return name.hasSuffix("." + subtree.name) ? .inside : .outside }
        return name == subtree.name || name.hasSuffix("." + subtree.name) ? .inside : .outside
    }

    /// By the URI's host: the constraint is one host or, with a leading dot, all hosts below it. A URI without a host
    /// name cannot satisfy a constraint (RFC 5280). An empty constraint, which RFC 5280 does not define, permits
    /// nothing and excludes everything.
    private static func place(ofURI name: String, in subtree: String) -> NameMatch {
        guard let host = name.uriHost, let subtree = subtree.constraintHost else { return .unknown }
        return subtree.holds(host) ? .inside : .outside
    }

    /// The constraint is a mailbox, a host, or with a leading dot all hosts below it. Local parts are case-sensitive.
    private static func place(ofMailbox name: String, in subtree: String) -> NameMatch {
        guard let at = name.lastIndex(of: "@"), let host = String(name[name.index(after: at)...]).hostName() else {
            return .unknown
        }
        guard let subtreeAt = subtree.lastIndex(of: "@") else {
            guard let subtree = subtree.constraintHost else { return .unknown }
            return subtree.holds(host) ? .inside : .outside
        }
        guard let subtreeHost = String(subtree[subtree.index(after: subtreeAt)...]).hostName() else { return .unknown }
        return subtreeHost == host && name[..<at] == subtree[..<subtreeAt] ? .inside : .outside
    }

    private static func place(ofAddress name: ArraySlice<UInt8>, in subtree: ArraySlice<UInt8>) -> NameMatch {
        guard name.count == 4 || name.count == 16, subtree.count == 8 || subtree.count == 32 else { return .unknown }
        let (network, mask) = (subtree.prefix(subtree.count / 2), subtree.suffix(subtree.count / 2))
        guard mask.isNetworkMask else { return .unknown }
        guard name.count == network.count else { return .outside }
        let isInside = zip(zip(name, network), mask).allSatisfy { pair, mask in (pair.0 ^ pair.1) & mask == 0 }
        return isInside ? .inside : .outside
    }
}

/// A host constraint: one host, or all hosts below a domain.
private struct ConstraintHost {
    let name: String
    let isDomain: Bool

    func holds(_ host: String) -> Bool { isDomain ? host.hasSuffix("." + name) : host == name }
}

extension String {
    /// The host name in lower case. Nil if `self` is not a host name, for example because it is an IP address.
    fileprivate func hostName(isWildcardAllowed: Bool = false) -> String? {
        let text = lowercased()
        var labels = text.split(separator: ".", omittingEmptySubsequences: false)
        if isWildcardAllowed, labels.first == "*" { labels.removeFirst() }
        guard !labels.isEmpty, utf8.count <= 253, IPAddress(text) == nil,
            labels.allSatisfy({ label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy {
                        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f
                    }
            })
        else { return nil }
        return text
    }

    fileprivate var constraintHost: ConstraintHost? {
        let isDomain = hasPrefix(".")
        let text = isDomain ? String(dropFirst()) : self
        return (text.hasSuffix(".") ? String(text.dropLast()) : text).hostName()
            .map { ConstraintHost(name: $0, isDomain: isDomain) }
    }

    /// The host of a URI's authority (RFC 3986 section 3.2), in lower case. Nil if the URI has no host name.
    fileprivate var uriHost: String? {
        guard let start = firstRange(of: "://") else { return nil }
        var authority = self[start.upperBound...].prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        let host = authority.prefix { $0 != ":" }
        return String(host).hostName()
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bits are ones followed by zeros (RFC 4632).
    fileprivate var isNetworkMask: Bool {
        let rest = drop { $0 == 0xff }
        guard let first = rest.first else { return true }
        return first << (~first).leadingZeroBitCount == 0 && rest.dropFirst().allSatisfy { $0 == 0 }
    }
}

extension DistinguishedName {
    /// A name is within `subtree` if its first relative distinguished names equal those of `subtree` (RFC 5280 sections
    /// 4.2.1.10 and 7.1).
    fileprivate func lies(in subtree: DistinguishedName) -> NameMatch {
        guard count >= subtree.count else { return .outside }
        var place = NameMatch.inside
        for (part, wanted) in zip(self, subtree) {
            switch part.compared(with: wanted) {
            case .inside: break
            case .outside: return .outside
            case .unknown: place = .unknown
            }
        }
        return place
    }
}

extension RelativeDistinguishedName {
    fileprivate func compared(with other: RelativeDistinguishedName) -> NameMatch {
        guard count == other.count else { return .outside }
        var place = NameMatch.inside
        for wanted in other {
            let places = filter { $0.type == wanted.type }.map { $0.value.compared(with: wanted.value) }
            if places.contains(.inside) { continue }
            guard places.contains(.unknown) else { return .outside }
            place = .unknown
        }
        return place
    }
}

extension RelativeDistinguishedName.Attribute.Value {
    /// Ignores case and the amount of white space. Comparing non-ASCII characters requires the tables of RFC 4518,
    /// which Sealane does not have.
    fileprivate func compared(with other: Self) -> NameMatch {
        if self == other { return .inside }
        guard let left = String(self)?.folded, let right = String(other)?.folded else { return .unknown }
        if left == right { return .inside }
        return left.utf8.allSatisfy { $0 < 0x80 } && right.utf8.allSatisfy { $0 < 0x80 } ? .outside : .unknown
    }
}

extension String {
    fileprivate var folded: String { lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
