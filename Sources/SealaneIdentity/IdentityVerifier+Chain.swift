import FoundationEssentials
import SealaneEligibility
import SwiftASN1
@_spi(DisableValidityCheck) @_spi(FixedExpiryValidationTime) import X509

extension IdentityVerifier {
    enum ChainOutcome: Sendable {
        /// From the certificate to the root.
        case accepted([Certificate])
        case refused([ChainProblem])
    }

    struct ChainProblem: Sendable {
        let code: ReasonCode
        let problem: IdentityProblem
    }

    /// The library takes a name constraint of URIs for a domain with all that is below it. Without a dot before it, it is
    /// one host (RFC 5280 section 4.2.1.10), which here is a fleet.
    private struct HostConstraints: VerifierPolicy {
        /// The library would call them unknown; `IdentityCertificate` and `AuthorityCertificate` check them.
        let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [.names, .extendedKeyUsage]
        let host: String

        func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
            for authority in chain.dropFirst() {
                let subject = authority.subject.text
                let permitted: [String]
                do {
                    permitted = try authority.extensions.nameConstraints.map { Array($0.permittedURIDomains) } ?? []
                } catch {
                    return .failsToMeetPolicy(reason: "the name constraints of \(subject) cannot be read")
                }
                let isPermitted = permitted.map { $0.lowercased() }.contains { name in
                    name.hasPrefix(".") ? host.hasSuffix(name) : host == name
                }
                guard permitted.isEmpty || isPermitted else {
                    let names = permitted.joined(separator: ", ")
                    return .failsToMeetPolicy(reason: "\(subject) vouches for URIs of \(names) alone, not of \(host)")
                }
            }
            return .meetsPolicy
        }
    }

    /// Builds a path to a root (RFC 5280 section 6): signatures, validity of every certificate, path lengths, name
    /// constraints.
    func chain(of identity: IdentityCertificate, at now: Date) -> ChainOutcome {
        let trust = trust
        let leaf = identity.certificate
        let outcome = CallingThread.run { () -> ChainOutcome in
            let policy = RFC5280Policy(fixedExpiryValidationTime: now)
            if case .validCertificate(let chain) = await Self.validate(identity, trust, policy) {
                return .accepted(Array(chain))
            }
            // Once more at no particular time, to tell what is wrong beside that.
            switch await Self.validate(identity, trust, .withValidityCheckDisabled()) {
            case .validCertificate(let chain):
                return .refused(chain.compactMap { Self.validityProblem($0, of: leaf, at: now) })
            case .couldNotValidate(let failures):
                let problems = failures.map { Self.text(of: $0) }
                let validity = Self.validityProblem(leaf, of: leaf, at: now)
                return .refused([Self.untrusted(leaf, trust, problems)] + (validity.map { [$0] } ?? []))
            }
        }
        guard case .accepted(let chain)? = outcome else {
            let refusal = outcome ?? .refused([])
            if case .refused(let problems) = refusal, !problems.isEmpty { return refusal }
            return .refused([Self.untrusted("the verification came to no end", trust)])
        }
        // A certificate that vouches for itself is none of an instance: `IdentityCertificate` has seen to that.
        return chain.count >= 2 ? .accepted(chain) : .refused([Self.untrusted("it vouches for itself", trust)])
    }

    private static func validate(
        _ identity: IdentityCertificate, _ trust: TrustBundle, _ policy: RFC5280Policy
    ) async -> CertificateValidationResult {
        var verifier = Verifier(rootCertificates: trust.rootStore) {
            policy
            HostConstraints(host: identity.uri.trustDomain.description)
        }
        return await verifier.validate(leaf: identity.certificate, intermediates: trust.intermediateStore)
    }

    private static func validityProblem(
        _ certificate: Certificate, of leaf: Certificate, at now: Date
    ) -> ChainProblem? {
        let who = certificate == leaf ? "" : "the authority \(certificate.subject.text) is "
        if now < certificate.notValidBefore {
            return ChainProblem(
                code: .certificateNotYetValid,
                problem: IdentityProblem(
                    "\(who)valid from \(certificate.notValidBefore.text) on, and it is \(now.text)",
                    required: "a certificate that is valid already"))
        }
        guard now > certificate.notValidAfter else { return nil }
        return ChainProblem(
            code: .certificateExpired,
            problem: IdentityProblem(
                "\(who)valid until \(certificate.notValidAfter.text), and it is \(now.text)",
                required: "a certificate that is still valid"))
    }

    /// The library says which rule a path breaks, but describes whole certificates in between.
    private static func text(of failure: CertificateValidationResult.PolicyFailure) -> String {
        failure.chain.reduce(failure.policyFailureReason.description) { text, certificate in
            text.replacing(String(describing: certificate), with: certificate.subject.text)
        }
    }

    /// - Parameter failures: of every path that there is by signatures; none: no authority signed the certificate.
    private static func untrusted(_ leaf: Certificate, _ trust: TrustBundle, _ failures: [String]) -> ChainProblem {
        if !failures.isEmpty { return untrusted(failures.joined(separator: "; "), trust) }
        let isNamed = trust.authorities.contains { $0.certificate.subject == leaf.issuer }
        let issuer = leaf.issuer.text
        return untrusted(
            isNamed ? "the signature is not by the key of \(issuer) in the trust bundle" : "it is issued by \(issuer)",
            trust)
    }

    private static func untrusted(_ observed: String, _ trust: TrustBundle) -> ChainProblem {
        let authorities = trust.authorities.map(\.subject).joined(separator: "; ")
        return ChainProblem(
            code: .certificateUntrusted,
            problem: IdentityProblem(
                observed, required: "a certificate that the trust bundle vouches for: \(authorities)"))
    }
}
