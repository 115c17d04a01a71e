import FoundationEssentials
import SealaneEligibility
import SealaneTunnel

/// What a host presents to prove who it is.
public struct PresentedIdentity: Hashable, Sendable {
    /// DER.
    public let certificate: [UInt8]
    /// 64 bytes, made by the certificate's key.
    public let staticKeySignature: [UInt8]

    public init(certificate: [UInt8], staticKeySignature: [UInt8]) {
        self.certificate = certificate
        self.staticKeySignature = staticKeySignature
    }
}

/// An identity that an authority of the fleet vouches for.
public struct VerifiedIdentity: Hashable, Sendable {
    public let certificate: IdentityCertificate
    /// What the certificate says, each fact with what its authority says it is from.
    public let facts: Facts
    /// When the certificate and all that vouch for it are valid.
    public let certificateValidity: ClosedRange<Date>
    /// The same, as long as the revocation lists are young enough. Past it, the identity no longer passes.
    public let validity: ClosedRange<Date>
    /// The authorities from the one that issued the certificate up to the root, as text for people.
    public let authorities: [String]
}

/// Why an identity does not pass.
public struct IdentityRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// All that could be found out, never none.
    public let reasons: [Reason]

    init(reasons: [Reason]) {
        self.reasons = reasons
    }

    /// Of what is no certificate, or none of an identity.
    ///
    /// - Parameter source: what was looked at.
    public init(notInOrder problem: IdentityProblem, source: String) {
        self.init(reasons: [Reason(.certificateUntrusted, problem, source)])
    }

    public var description: String { reasons.map(\.description).joined(separator: "\n") }
}

/// Tells whether an identity is one of the fleet's, now.
public struct IdentityVerifier: Hashable, Sendable {
    public let fleet: TrustDomain
    public let trust: TrustBundle
    /// The lists in force, one of each authority that has issued any.
    public let revocations: [RevocationList]
    /// From when on no certificate passes, since a list is too old by then to tell whether it is revoked. Nil: never.
    public let listsEnd: Date?

    public init(
        fleet: TrustDomain, trust: TrustBundle, revocations: [RevocationList] = [], listsEnd: Date? = nil
    ) {
        self.fleet = fleet
        self.trust = trust
        self.revocations = revocations
        self.listsEnd = listsEnd?.wholeSeconds
    }

    /// Verifies what a peer whose handshake proved that it holds `staticKey` presents.
    public func verify(
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
            // Somebody else's certificate: what else is wrong with it says nothing of this peer.
            let problem = IdentityProblem(
                "a certificate of \(certificate.uri) whose key did not sign the peer's static key",
                required: "a signature over the peer's static key by the certificate's key")
            throw IdentityRefusal(reasons: [Reason(.identityMismatch, problem, source)])
        }
        return try verify(certificate, at: now, source: source)
    }

    /// Verifies a certificate alone: who shows it need not be the one it names.
    ///
    /// - Parameter source: what is verified, for reasons.
    public func verify(
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
        switch chain(of: certificate, at: now) {
        case .refused(let problems):
            reasons += problems.map { Reason($0.code, $0.problem, source) }
        case .accepted(let chain) where reasons.isEmpty:
            let authorities = chain.dropFirst()
            let validity = chain.map { $0.notValidBefore...$0.notValidAfter }.reduce(certificate.validity) {
                $0.clamped(to: $1)
            }
            return VerifiedIdentity(
                certificate: certificate,
                facts: DocumentMark.facts(certificate.facts, markedBy: certificate.certificate, of: authorities),
                certificateValidity: validity,
                validity: listsEnd.map { validity.clamped(to: .distantPast...$0) } ?? validity,
                authorities: authorities.map(\.subject.text))
        case .accepted: break
        }
        throw IdentityRefusal(reasons: reasons)
    }

    private func listProblem(at now: Date) -> IdentityProblem? {
        guard let listsEnd, now > listsEnd, let oldest = revocations.min(by: { $0.issuedAt < $1.issuedAt }) else {
            return nil
        }
        return IdentityProblem(
            "\(oldest.title), and it is \(now.text)",
            required: "a list that is no older than identity.revocations-max-age")
    }
}

extension Reason {
    init(_ code: ReasonCode, _ problem: IdentityProblem, _ source: String) {
        self.init(code: code, observed: problem.observed, required: problem.required, source: source)
    }
}
