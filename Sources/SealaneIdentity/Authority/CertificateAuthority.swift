import Crypto
import FoundationEssentials
import SealaneEligibility
import SwiftASN1
import X509

/// A fleet's own certificate authority: a self-signed root and its key. It keeps no record; `AuthorityDirectory` does.
package struct CertificateAuthority: Sendable {
    package let certificate: AuthorityCertificate
    package let fleet: TrustDomain
    private let key: IdentityKey

    /// How long before its issuance a certificate becomes valid, for hosts whose clocks are slow.
    static var backdating: TimeInterval { 60 }
    /// The default lifetime of an identity.
    package static var identityLifetime: TimeInterval { 24 * 3600 }
    /// The default lifetime of a root.
    package static var rootLifetime: TimeInterval { 10 * 365 * 24 * 3600 }

    /// Creates the root of a fleet: valid for `lifetime` from `now`, restricted to identities of this fleet by a
    /// critical name constraint (RFC 5280 section 4.2.1.10), without intermediates (path length 0).
    package init(
        creatingRootOf fleet: TrustDomain, key: IdentityKey, lifetime: TimeInterval = rootLifetime, at now: Date,
        using random: inout some RandomNumberGenerator
    ) throws(IdentityProblem) {
        let serial = CertificateSerial.random(using: &random)
        let validity = try Self.validity(lifetime, at: now, within: .distantPast ... .distantFuture)
        do {
            let publicKey = key.certificateKey.publicKey
            // Two roots created on the same day must differ in name.
            let identifier = KeyIdentifier(of: try publicKey.derBytes()).description.prefix(8)
            let name = try DistinguishedName {
                OrganizationName(fleet.description)
                CommonName("Sealane CA \(now.text.prefix(10)) \(identifier)")
            }
            var extensions = try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                Critical(NameConstraints(permittedURIDomains: [fleet.description]))
                // SPIFFE X509-SVID section 4.1: a signing certificate names its trust domain.
                SubjectAlternativeNames([.uniformResourceIdentifier("spiffe://\(fleet)")])
                SubjectKeyIdentifier(hash: publicKey)
            }
            try extensions.append(comment: SignedDocumentComment.ofAuthority)
            let certificate = try Certificate(
                version: .v3, serialNumber: .init(bytes: serial.bytes), publicKey: publicKey,
                notValidBefore: validity.lowerBound, notValidAfter: validity.upperBound, issuer: name, subject: name,
                extensions: extensions, issuerPrivateKey: key.certificateKey)
            try self.init(certificate: AuthorityCertificate(der: certificate.derBytes()), key: key)
        } catch let problem as IdentityProblem {
            throw problem
        } catch {
            throw IdentityProblem("the root certificate cannot be created", required: "a fleet name that fits into it")
        }
    }

    /// An existing authority. `key` must be the key of the certificate, and the certificate must name the fleet by one
    /// SPIFFE URI.
    package init(certificate: AuthorityCertificate, key: IdentityKey) throws(IdentityProblem) {
        guard certificate.signingKey.map({ Array($0.rawRepresentation) }) == key.publicKey else {
            throw IdentityProblem(
                "the key does not belong to the certificate \(certificate.subject)", required: "the authority's own key"
            )
        }
        self.certificate = certificate
        self.key = key
        fleet = try certificate.fleet()
    }

    /// Issues an identity to the holder of the request's key.
    ///
    /// - Parameters:
    ///   - verified: facts that the authority verified. They override those of the request, except that verified
    ///     addresses are added to the requested ones.
    ///   - lifetime: in seconds from `now`. The authority's own validity limits it.
    package func issue(
        _ request: SigningRequest, verified: Facts = Facts(), lifetime: TimeInterval = identityLifetime, at now: Date,
        using random: inout some RandomNumberGenerator
    ) throws(IdentityProblem) -> IdentityCertificate {
        let names = try names(request, verified)
        let validity = try Self.validity(lifetime, at: now, within: certificate.validity)
        let serial = CertificateSerial.random(using: &random)
        let der: [UInt8]
        do {
            der = try Certificate(
                version: .v3, serialNumber: .init(bytes: serial.bytes), publicKey: request.certificateKey(),
                notValidBefore: validity.lowerBound, notValidAfter: validity.upperBound,
                issuer: certificate.certificate.subject, subject: names.subject,
                extensions: try names.extensions().withKeyIdentifiers(
                    of: request.certificateKey(), signedBy: certificate.certificate.extensions
                ).withComment(for: verified),
                issuerPrivateKey: key.certificateKey
            ).derBytes()
        } catch {
            throw IdentityProblem("the certificate cannot be created", required: "facts that fit a certificate")
        }
        // Detects here, not at the first handshake, an identity that hosts would refuse, for example one that is too
        // long.
        return try IdentityCertificate(der: der)
    }

    /// A list with the next number: everything that `current` revokes, and these entries.
    ///
    /// - Parameters:
    ///   - serials: of certificates that this authority or one below it issued, including its own certificate.
    ///   - issuedSerials: of certificates of particular authorities.
    ///   - anySerials: of certificates, whichever authority issued them.
    package func revocationList(
        after current: RevocationList?, revoking serials: Set<CertificateSerial> = [],
        issuedSerials: Set<RevocationList.IssuedSerial> = [], anySerials: Set<CertificateSerial> = [],
        instances: Set<String> = [], at now: Date
    ) throws(IdentityProblem) -> RevocationList {
        let number = current?.number ?? 0
        guard number < .max else {
            throw IdentityProblem("list \(number) has the highest possible number", required: "a new authority")
        }
        return try RevocationList(
            RevocationList.Content(
                fleet: fleet, number: number + 1, issuedAt: now, serials: serials.union(current?.serials ?? []),
                issuedSerials: issuedSerials.union(current?.issuedSerials ?? []),
                anySerials: anySerials.union(current?.anySerials ?? []),
                instances: instances.union(current?.instances ?? [])),
            by: certificate, key: key)
    }

    /// The request's names, with the verified facts in place of the request's.
    private func names(_ request: SigningRequest, _ verified: Facts) throws(IdentityProblem) -> CertificateNames {
        guard request.uri.trustDomain == fleet else {
            throw IdentityProblem(
                "a request for the fleet \(request.uri.trustDomain)", required: "one for the fleet \(fleet)")
        }
        var facts = request.names.facts
        for name in FactName.allCases {
            if let fact = verified.known(name) { facts[name] = fact }
        }
        guard facts.known(.instanceID) != nil else {
            throw IdentityProblem("a request without an instance ID", required: "an instance ID")
        }
        let others = (verified.addresses?.value ?? []).map(\.address).filter { !request.addresses.contains($0) }
        return try CertificateNames(
            uri: InstanceURI(trustDomain: fleet, facts: facts), addresses: request.addresses + others)
    }

    private static func validity(
        _ lifetime: TimeInterval, at now: Date, within limit: ClosedRange<Date>
    ) throws(IdentityProblem) -> ClosedRange<Date> {
        let now = now.wholeSeconds
        guard limit.contains(now) else {
            throw IdentityProblem(
                "the authority is valid from \(limit.lowerBound.text) to \(limit.upperBound.text), and it is \(now.text)",
                required: "an authority that is valid now")
        }
        // Certificates cannot express years after 9999.
        guard lifetime >= 1, lifetime < 100 * 366 * 24 * 3600 else {
            throw IdentityProblem("a lifetime of \(lifetime) seconds", required: "a second to a hundred years")
        }
        let range = now.addingTimeInterval(-backdating)...now.addingTimeInterval(lifetime.rounded(.down))
        return range.clamped(to: limit)
    }
}

extension SigningRequest {
    func certificateKey() throws -> Certificate.PublicKey {
        Certificate.PublicKey(try Curve25519.Signing.PublicKey(rawRepresentation: publicKey))
    }
}

extension Certificate.Extensions {
    /// With the key identifiers by which relying parties build the path (RFC 5280 sections 4.2.1.1 and 4.2.1.2).
    fileprivate func withKeyIdentifiers(
        of key: Certificate.PublicKey, signedBy authority: Certificate.Extensions
    ) throws -> Certificate.Extensions {
        var extensions = self
        try extensions.append(SubjectKeyIdentifier(hash: key).makeCertificateExtension())
        if let identifier = try authority.subjectKeyIdentifier?.keyIdentifier {
            try extensions.append(AuthorityKeyIdentifier(keyIdentifier: identifier).makeCertificateExtension())
        }
        return extensions
    }

    /// With a comment that names the facts that come from a signed document, if there are any.
    fileprivate func withComment(for verified: Facts) throws -> Certificate.Extensions {
        guard let comment = SignedDocumentComment.text(for: verified) else { return self }
        var extensions = self
        try extensions.append(comment: comment)
        return extensions
    }
}

extension DERSerializable {
    func derBytes() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}

extension AuthorityCertificate {
    /// The fleet that the certificate names by its only SPIFFE URI.
    func fleet() throws(IdentityProblem) -> TrustDomain {
        let scheme = "spiffe://"
        guard uris.count == 1, uris[0].hasPrefix(scheme) else {
            throw IdentityProblem(
                "the certificate of \(subject) does not name its fleet",
                required: "\(scheme)FLEET as its only URI among the subject alternative names")
        }
        return try TrustDomain(fleet: String(uris[0].dropFirst(scheme.count)))
    }
}
