import FoundationEssentials
import SealaneEligibility
import SealaneTunnel
import X509

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
    /// When the certificate and all that vouch for it are valid. Past it, the identity no longer passes.
    public let validity: ClosedRange<Date>
    /// The authorities from the one that issued the certificate up to the root, as text for people.
    public let authorities: [String]
}

/// Why an identity does not pass.
public struct IdentityRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// All that could be found out, never none.
    public let reasons: [Reason]

    public var description: String { reasons.map(\.description).joined(separator: "\n") }
}

/// Tells whether an identity is one of the fleet's, now.
public struct IdentityVerifier: Hashable, Sendable {
    public let fleet: TrustDomain
    public let trust: TrustBundle
    public let revocations: RevocationList?

    public init(fleet: TrustDomain, trust: TrustBundle, revocations: RevocationList? = nil) {
        self.fleet = fleet
        self.trust = trust
        self.revocations = revocations
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
            throw IdentityRefusal(reasons: [Reason(.certificateUntrusted, error, source)])
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
        if let problem = revocations?.revocation(of: certificate) {
            reasons.append(Reason(.certificateRevoked, problem, source))
        }
        switch chain(of: certificate, at: now) {
        case .refused(let problems):
            reasons += problems.map { Reason($0.code, $0.problem, source) }
        case .accepted(let chain) where reasons.isEmpty:
            let authorities = chain.dropFirst()
            return VerifiedIdentity(
                certificate: certificate,
                facts: DocumentMark.facts(certificate.facts, markedBy: certificate.certificate, of: authorities),
                validity: chain.map { $0.notValidBefore...$0.notValidAfter }.reduce(certificate.validity) {
                    $0.clamped(to: $1)
                }, authorities: authorities.map(\.subject.text))
        case .accepted: break
        }
        throw IdentityRefusal(reasons: reasons)
    }
}

extension Reason {
    init(_ code: ReasonCode, _ problem: IdentityProblem, _ source: String) {
        self.init(code: code, observed: problem.observed, required: problem.required, source: source)
    }
}
