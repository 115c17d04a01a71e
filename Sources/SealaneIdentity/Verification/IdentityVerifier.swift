import FoundationEssentials
import SealaneEligibility
import SealaneTunnel

/// Verifies whether an identity belongs to the fleet, at a given time.
package struct IdentityVerifier: Hashable, Sendable {
    package let fleet: TrustDomain
    package let trust: TrustBundle
    /// The revocation lists in force, one for each authority that issued any.
    package let revocations: [RevocationList]
    /// The last moment at which certificates are accepted: afterwards the oldest list is too old to show recent
    /// revocations. Nil if lists do not expire.
    package let listsValidUntil: Date?

    package init(
        fleet: TrustDomain, trust: TrustBundle, revocations: [RevocationList] = [], listsValidUntil: Date? = nil
    ) {
        self.fleet = fleet
        self.trust = trust
        self.revocations = revocations
        self.listsValidUntil = listsValidUntil?.wholeSeconds
    }

    /// Verifies the identity that a peer presents. The handshake has proven that the peer holds `staticKey`.
    package func verify(
        _ presented: PresentedIdentity, staticKey: PublicKey, at now: Date
    ) throws(IdentityRefusal) -> VerifiedIdentity {
        let source = "the peer's certificate"
        let certificate: IdentityCertificate
        do throws(IdentityProblem) {
            certificate = try IdentityCertificate(der: presented.certificate)
        } catch {
            throw IdentityRefusal(notInOrder: error, source: source)
        }
        let signature = StaticKeySignature(bytes: presented.staticKeySignature)
        guard signature?.isValid(for: staticKey, fleet: fleet, by: certificate) == true else {
            // Stop here: the certificate belongs to another host, so its other problems do not concern this peer.
            let problem = IdentityProblem(
                "the certificate of \(certificate.uri), whose key did not sign the peer's static key",
                required: "a signature over the peer's static key by the certificate's key")
            throw IdentityRefusal(reasons: [Reason(.identityMismatch, problem, source)])
        }
        return try verify(certificate, at: now, source: source)
    }

    /// Verifies a certificate without proof that its presenter holds the key.
    ///
    /// - Parameter source: the certificate, for reasons.
    package func verify(
        _ certificate: IdentityCertificate, at now: Date, source: String = "the certificate"
    ) throws(IdentityRefusal) -> VerifiedIdentity {
        let now = now.wholeSeconds
        var reasons: [Reason] = []
        if certificate.uri.trustDomain != fleet {
            let problem = IdentityProblem("the fleet \(certificate.uri.trustDomain)", required: "the fleet \(fleet)")
            reasons.append(Reason(.identityMismatch, problem, source))
        }
        if let problem = revocations.lazy.compactMap({ $0.instanceRevocation(of: certificate) }).first {
            reasons.append(Reason(.certificateRevoked, problem, source))
        }
        if let problem = listProblem(at: now) { reasons.append(Reason(.revocationListStale, problem, source)) }
        switch certificationPath(of: certificate, at: now) {
        case .refused(let problems):
            reasons += problems.map { Reason($0.code, $0.problem, source) }
        case .accepted(let path) where reasons.isEmpty:
            let authorities = path.dropFirst()
            let validity = path.map { $0.notValidBefore...$0.notValidAfter }.reduce(certificate.validity) {
                $0.clamped(to: $1)
            }
            return VerifiedIdentity(
                certificate: certificate,
                facts: SignedDocumentComment.facts(
                    certificate.facts, of: certificate.certificate, issuedBy: authorities),
                certificateValidity: validity,
                validity: listsValidUntil.map { validity.clamped(to: .distantPast...$0) } ?? validity,
                authorities: authorities.map(\.subject.text))
        case .accepted: break
        }
        throw IdentityRefusal(reasons: reasons)
    }

    private func listProblem(at now: Date) -> IdentityProblem? {
        guard let listsValidUntil, now > listsValidUntil,
            let oldest = revocations.min(by: { $0.issuedAt < $1.issuedAt })
        else {
            return nil
        }
        return IdentityProblem(
            "\(oldest.title), and it is \(now.text)",
            required: "a list no older than identity.revocations-max-age")
    }
}
