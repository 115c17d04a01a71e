import X509

/// The name constraints of an authority (RFC 5280 section 4.2.1.10): which names certificates below it may have.
///
/// A constraint applies only to names of its own type. If a constraint that applies cannot be evaluated, the
/// certificate is refused.
enum AuthorityNameConstraints: Hashable, Sendable {
    case none
    case malformed
    case some(permitted: [GeneralName], excluded: [GeneralName])

    init(of certificate: CertificateFields) {
        do {
            self =
                try certificate.extensions.nameConstraints.map {
                    .some(permitted: $0.permittedSubtrees, excluded: $0.excludedSubtrees)
                } ?? .none
        } catch {
            self = .malformed
        }
    }

    /// Why these constraints do not allow the names of `certificate`; nil if they do.
    func problem(with certificate: CertificateFields, authority: String) -> String? {
        switch self {
        case .none: return nil
        case .malformed: return "the name constraints of \(authority) are malformed"
        case .some:
            guard let names = Self.names(of: certificate) else {
                return "the subject alternative names of \(certificate.subject.text) are malformed"
            }
            return problem(with: names, authority: authority)
        }
    }

    /// The same for any host of a fleet, by its trust domain alone.
    func problem(withFleet fleet: TrustDomain, authority: String) -> String? {
        switch self {
        case .none: nil
        case .malformed: "the name constraints of \(authority) are malformed"
        case .some: problem(with: [.uniformResourceIdentifier("spiffe://\(fleet)/")], authority: authority)
        }
    }

    private func problem(with names: [GeneralName], authority: String) -> String? {
        guard case .some(let permitted, let excluded) = self else { return nil }
        for name in names {
            let subtrees = permitted.filter { $0.kind == name.kind }
            if !subtrees.isEmpty, !subtrees.contains(where: { name.lies(in: $0) == .inside }) {
                let texts = subtrees.map(\.constraintText).joined(separator: ", ")
                return "\(authority) permits only \(name.kind.plural) in \(texts), not \(name.text)"
            }
            for subtree in excluded where subtree.kind == name.kind {
                switch name.lies(in: subtree) {
                case .outside: break
                case .inside:
                    return "\(authority) excludes \(name.kind.plural) in \(subtree.constraintText), "
                        + "such as \(name.text)"
                case .unknown:
                    return "\(authority) excludes \(name.kind.plural) by a constraint that cannot be evaluated "
                        + "for \(name.text)"
                }
            }
        }
        return nil
    }

    /// The subject (unless it is empty), the subject alternative names, and the subject's e-mail addresses if no
    /// subject alternative name is a mailbox. Nil if the subject alternative names are malformed.
    private static func names(of certificate: CertificateFields) -> [GeneralName]? {
        guard let alternatives = try? certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames()
        else { return nil }
        let subject = certificate.subject
        var names: [GeneralName] = (subject.isEmpty ? [] : [.directoryName(subject)]) + alternatives
        if !names.contains(where: { $0.kind == .mailbox }) {
            for attribute in subject.flatMap(\.self) where attribute.type == .RDNAttributeType.emailAddress {
                // A malformed address becomes a mailbox for which no constraint can be evaluated.
                names.append(.rfc822Name(String(attribute.value) ?? ""))
            }
        }
        return names
    }
}
