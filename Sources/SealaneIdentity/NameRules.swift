import FoundationEssentials
import SealanePacket
import SwiftASN1
import X509

/// The name constraints of an authority (RFC 5280 section 4.2.1.10): which names those below it may have.
///
/// A constraint binds names of its own kind alone. One that binds a name and cannot be evaluated refuses the certificate.
enum NameRules: Hashable, Sendable {
    case none
    case unreadable
    case some(permitted: [GeneralName], excluded: [GeneralName])

    init(of certificate: CertificateFields) {
        do {
            self =
                try certificate.extensions.nameConstraints.map {
                    .some(permitted: $0.permittedSubtrees, excluded: $0.excludedSubtrees)
                } ?? .none
        } catch {
            self = .unreadable
        }
    }

    /// Why the authority that has these rules does not vouch for the names of `certificate`, if it does not.
    func problem(with certificate: CertificateFields, authority: String) -> String? {
        switch self {
        case .none: return nil
        case .unreadable: return "the name constraints of \(authority) cannot be read"
        case .some:
            guard let names = Self.names(of: certificate) else {
                return "the alternative names of \(certificate.subject.text) cannot be read"
            }
            return problem(with: names, authority: authority)
        }
    }

    /// The same for a host of a fleet that has no certificate here: by its URI alone.
    func problem(withFleet fleet: TrustDomain, authority: String) -> String? {
        switch self {
        case .none: nil
        case .unreadable: "the name constraints of \(authority) cannot be read"
        case .some: problem(with: [.uniformResourceIdentifier("spiffe://\(fleet)/")], authority: authority)
        }
    }

    private func problem(with names: [GeneralName], authority: String) -> String? {
        guard case .some(let permitted, let excluded) = self else { return nil }
        for name in names {
            let rules = permitted.filter { $0.kind == name.kind }
            if !rules.isEmpty, !rules.contains(where: { name.lies(in: $0) == .inside }) {
                let texts = rules.map(\.constraintText).joined(separator: ", ")
                return "\(authority) vouches for \(name.kind.plural) in \(texts) alone, not for \(name.text)"
            }
            for rule in excluded where rule.kind == name.kind {
                switch name.lies(in: rule) {
                case .outside: break
                case .inside:
                    return "\(authority) does not vouch for \(name.kind.plural) in \(rule.constraintText), "
                        + "such as \(name.text)"
                case .unknown:
                    return "\(authority) excludes \(name.kind.plural) in a way that cannot be evaluated "
                        + "for \(name.text)"
                }
            }
        }
        return nil
    }

    /// The subject, if there is one, the alternative names, and the mailboxes of the subject where no alternative name is
    /// one. Nil: they cannot be read.
    private static func names(of certificate: CertificateFields) -> [GeneralName]? {
        guard let alternatives = try? certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames()
        else { return nil }
        let subject = certificate.subject
        var names: [GeneralName] = (subject.isEmpty ? [] : [.directoryName(subject)]) + alternatives
        if !names.contains(where: { $0.kind == .mailbox }) {
            for attribute in subject.flatMap(\.self) where attribute.type == .RDNAttributeType.emailAddress {
                // Text that cannot be read is a mailbox that no constraint can be evaluated for.
                names.append(.rfc822Name(String(attribute.value) ?? ""))
            }
        }
        return names
    }
}

/// Where a name is, as a constraint of its kind sees it.
private enum Place {
    case inside, outside
    /// The constraint cannot be evaluated.
    case unknown
}

private enum NameKind: Hashable {
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
    /// For people: `a DNS name`.
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

    fileprivate var kind: NameKind {
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

    /// For people.
    fileprivate var text: String {
        switch self {
        case .rfc822Name(let text), .dnsName(let text), .uniformResourceIdentifier(let text): text
        case .directoryName(let name): name.text
        case .ipAddress(let octets): IPAddress(bytes: octets.bytes)?.description ?? octets.bytes.prefix(32).hexadecimal
        case .registeredID(let identifier): "\(identifier)"
        case .otherName(let name): "the otherName of type \(name.typeID)"
        case .x400Address, .ediPartyName: "this one"
        }
    }

    /// The same of a constraint, whose IP addresses are networks.
    fileprivate var constraintText: String {
        guard case .ipAddress(let octets) = self else { return text }
        let half = octets.bytes.count / 2
        let mask = octets.bytes.suffix(half)
        guard let address = IPAddress(bytes: octets.bytes.prefix(half)), mask.isNetworkMask else { return text }
        return "\(address)/\(mask.reduce(0) { $0 + $1.nonzeroBitCount })"
    }

    /// Both are of one kind.
    fileprivate func lies(in constraint: GeneralName) -> Place {
        switch (self, constraint) {
        case (.dnsName(let name), .dnsName(let rule)): Self.place(ofDomain: name, in: rule)
        case (.uniformResourceIdentifier(let name), .uniformResourceIdentifier(let rule)):
            Self.place(ofURI: name, in: rule)
        case (.rfc822Name(let name), .rfc822Name(let rule)): Self.place(ofMailbox: name, in: rule)
        case (.ipAddress(let name), .ipAddress(let rule)): Self.place(ofAddress: name.bytes, in: rule.bytes)
        case (.directoryName(let name), .directoryName(let rule)): name.lies(in: rule)
        default: .unknown
        }
    }

    /// With no or more labels before the constraint; with a dot before it, as many write it, at least one.
    private static func place(ofDomain name: String, in rule: String) -> Place {
        if rule.isEmpty { return .inside }
        guard let name = name.hostName(isWildcardAllowed: true), let rule = rule.constraintHost else { return .unknown }
        if rule.isDomain { return name.hasSuffix("." + rule.name) ? .inside : .outside }
        return name == rule.name || name.hasSuffix("." + rule.name) ? .inside : .outside
    }

    /// By the host: one host, or with a dot before it all that are below. A URI without a host that has a name, where there
    /// is a constraint, must be refused. An empty constraint, which RFC 5280 does not know, is not met, and excludes all.
    private static func place(ofURI name: String, in rule: String) -> Place {
        guard let host = name.uriHost, let rule = rule.constraintHost else { return .unknown }
        return rule.holds(host) ? .inside : .outside
    }

    /// A mailbox, all of one host, or with a dot before it all of the hosts below. Local parts have cases.
    private static func place(ofMailbox name: String, in rule: String) -> Place {
        guard let at = name.lastIndex(of: "@"), let host = String(name[name.index(after: at)...]).hostName() else {
            return .unknown
        }
        guard let ruleAt = rule.lastIndex(of: "@") else {
            guard let rule = rule.constraintHost else { return .unknown }
            return rule.holds(host) ? .inside : .outside
        }
        guard let ruleHost = String(rule[rule.index(after: ruleAt)...]).hostName() else { return .unknown }
        return ruleHost == host && name[..<at] == rule[..<ruleAt] ? .inside : .outside
    }

    private static func place(ofAddress name: ArraySlice<UInt8>, in rule: ArraySlice<UInt8>) -> Place {
        guard name.count == 4 || name.count == 16, rule.count == 8 || rule.count == 32 else { return .unknown }
        let (network, mask) = (rule.prefix(rule.count / 2), rule.suffix(rule.count / 2))
        guard mask.isNetworkMask else { return .unknown }
        guard name.count == network.count else { return .outside }
        let isInside = zip(zip(name, network), mask).allSatisfy { pair, mask in (pair.0 ^ pair.1) & mask == 0 }
        return isInside ? .inside : .outside
    }
}

/// What a constraint says of hosts: one, or all that are below.
private struct ConstraintHost {
    let name: String
    let isDomain: Bool

    func holds(_ host: String) -> Bool { isDomain ? host.hasSuffix("." + name) : host == name }
}

extension String {
    /// In lower case. Nil unless it is the name of a host, which an IP address is not.
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

    /// The host of a URI's authority (RFC 3986 section 3.2), in lower case. Nil: there is none that has a name.
    fileprivate var uriHost: String? {
        guard let start = firstRange(of: "://") else { return nil }
        var authority = self[start.upperBound...].prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        let host = authority.prefix { $0 != ":" }
        return String(host).hostName()
    }
}

extension ArraySlice<UInt8> {
    /// Ones, then zeros (RFC 4632).
    fileprivate var isNetworkMask: Bool {
        let rest = drop { $0 == 0xff }
        guard let first = rest.first else { return true }
        return first << (~first).leadingZeroBitCount == 0 && rest.dropFirst().allSatisfy { $0 == 0 }
    }
}

extension DistinguishedName {
    /// Within `rule` are all names that begin with its parts (RFC 5280 sections 4.2.1.10 and 7.1).
    fileprivate func lies(in rule: DistinguishedName) -> Place {
        guard count >= rule.count else { return .outside }
        var place = Place.inside
        for (part, wanted) in zip(self, rule) {
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
    fileprivate func compared(with other: RelativeDistinguishedName) -> Place {
        guard count == other.count else { return .outside }
        var place = Place.inside
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
    /// Without regard to case and to how much white space there is. Whether other characters than those of ASCII are the
    /// same takes tables (RFC 4518) that are not here.
    fileprivate func compared(with other: Self) -> Place {
        if self == other { return .inside }
        guard let left = String(self)?.folded, let right = String(other)?.folded else { return .unknown }
        if left == right { return .inside }
        return left.utf8.allSatisfy { $0 < 0x80 } && right.utf8.allSatisfy { $0 < 0x80 } ? .outside : .unknown
    }
}

extension String {
    fileprivate var folded: String { lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}
