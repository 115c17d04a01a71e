import FoundationEssentials
import SealaneEligibility

extension IdentityVerifier {
    enum CertificationPathResult: Sendable {
        /// The path, from the certificate to the root.
        case accepted([CertificateFields])
        case refused([CertificationPathProblem])
    }

    struct CertificationPathProblem: Sendable {
        let code: ReasonCode
        let problem: IdentityProblem
    }

    /// The first valid certification path; if there is none, the problems of the best path.
    func certificationPath(of identity: IdentityCertificate, at now: Date) -> CertificationPathResult {
        let leaf = identity.certificate
        let paths = CertificationPaths(trust).all(from: leaf)
        var best: [CertificationPathProblem]?
        for path in paths {
            let problems = problems(of: identity, path, at: now)
            if problems.isEmpty { return .accepted([leaf] + path.map(\.certificate)) }
            if best.map({ problems.rank < $0.rank }) ?? true { best = problems }
        }
        if let best { return .refused(best) }
        let validity = Self.validityProblem(of: "", identity.validity, at: now)
        return .refused([untrusted(issuerProblem(of: leaf))] + (validity.map { [$0] } ?? []))
    }

    /// All problems of one path, except for signatures, which path building has verified.
    private func problems(
        of identity: IdentityCertificate, _ path: [AuthorityCertificate], at now: Date
    ) -> [CertificationPathProblem] {
        let titled = path.map { authority in (authority, "the authority \(authority.subject)") }
        var problems: [CertificationPathProblem] = []
        if let list = revocations.first(where: { $0.revokes(identity.certificate, issuers: path) }) {
            problems.append(
                Self.revoked(
                    "the serial number \(identity.serial) is in \(list.name)",
                    required: "a certificate that is not in the revocation list"))
        }
        for (index, (authority, title)) in titled.enumerated() {
            let above = Array(path[(index + 1)...])
            if let list = revocations.first(where: {
                $0.revokes(authority.certificate, as: authority, issuers: above)
            }) {
                problems.append(
                    Self.revoked(
                        "\(title), serial number \(authority.serial), is in \(list.name)",
                        required: "a certificate whose authorities are not in the revocation list"))
            }
        }
        if let problem = Self.validityProblem(of: "", identity.validity, at: now) { problems.append(problem) }
        for (authority, title) in titled {
            if let problem = Self.validityProblem(of: "\(title) is ", authority.validity, at: now) {
                problems.append(problem)
            }
        }
        if let problem = Self.lengthProblem(of: path) { problems.append(untrusted(problem)) }
        for (index, (authority, title)) in titled.enumerated() {
            // Name constraints do not apply to self-issued certificates, by which an authority changes its key (RFC
            // 5280 section 6.1.3 (b)).
            let below = path[..<index].map(\.certificate).filter { $0.subject != $0.issuer }
            let problem = ([identity.certificate] + below).lazy.compactMap { certificate in
                authority.constraints.problem(with: certificate, authority: title)
            }.first
            if let problem { problems.append(untrusted(problem)) }
        }
        return problems
    }

    private static func revoked(_ observed: String, required: String) -> CertificationPathProblem {
        CertificationPathProblem(code: .certificateRevoked, problem: IdentityProblem(observed, required: required))
    }

    /// Checks path length constraints: how many authorities that are not self-issued may be below each authority (RFC
    /// 5280 section 4.2.1.9).
    static func lengthProblem(of path: [AuthorityCertificate]) -> String? {
        var below = 0
        for authority in path {
            if authority.pathLength < below {
                return "the authority \(authority.subject) has the path length constraint \(authority.pathLength), "
                    + "but \(below) authorities are below it"
            }
            if authority.certificate.subject != authority.certificate.issuer { below += 1 }
        }
        return nil
    }

    static func validityProblem(
        of whose: String, _ validity: ClosedRange<Date>, at now: Date
    ) -> CertificationPathProblem? {
        if now < validity.lowerBound {
            return CertificationPathProblem(
                code: .certificateNotYetValid,
                problem: IdentityProblem(
                    "\(whose)valid from \(validity.lowerBound.text), and it is \(now.text)",
                    required: "a certificate that is valid now"))
        }
        guard now > validity.upperBound else { return nil }
        return CertificationPathProblem(
            code: .certificateExpired,
            problem: IdentityProblem(
                "\(whose)valid until \(validity.upperBound.text), and it is \(now.text)",
                required: "a certificate that has not expired"))
    }

    /// Why no authority of the bundle counts as the issuer.
    private func issuerProblem(of leaf: CertificateFields) -> String {
        let issuer = leaf.issuer.text
        if trust.authorities.contains(where: { $0.certificate.subject == leaf.issuer }) {
            return "the signature is not by the key of \(issuer) in the trust bundle"
        }
        if trust.unanchored.contains(where: { $0.hasSigned(leaf) }) {
            return
                "its issuer is \(issuer), whose certificate in the trust bundle does not lead to a root in the bundle"
        }
        return "its issuer is \(issuer)"
    }

    private func untrusted(_ observed: String) -> CertificationPathProblem {
        let authorities = trust.authorities.map(\.subject).joined(separator: "; ")
        return CertificationPathProblem(
            code: .certificateUntrusted,
            problem: IdentityProblem(
                observed, required: "a certificate issued under the trust bundle: \(authorities)"))
    }
}

extension [IdentityVerifier.CertificationPathProblem] {
    /// Lower is better. A path with only validity or revocation problems is more informative than one that was never
    /// trusted.
    fileprivate var rank: Int { count + 1000 * count { $0.code == .certificateUntrusted } }
}
