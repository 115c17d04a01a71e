import FoundationEssentials
import SealaneEligibility

extension IdentityVerifier {
    enum ChainOutcome: Sendable {
        /// From the certificate to the root.
        case accepted([CertificateFields])
        case refused([ChainProblem])
    }

    struct ChainProblem: Sendable {
        let code: ReasonCode
        let problem: IdentityProblem
    }

    /// The first way to a root on which nothing is wrong; if there is none, what is wrong on the best one.
    func chain(of identity: IdentityCertificate, at now: Date) -> ChainOutcome {
        let leaf = identity.certificate
        let paths = AuthorityPaths(trust).all(from: leaf)
        var best: [ChainProblem]?
        for path in paths {
            let problems = problems(of: identity, path, at: now)
            if problems.isEmpty { return .accepted([leaf] + path.map(\.certificate)) }
            if best.map({ problems.rank < $0.rank }) ?? true { best = problems }
        }
        if let best { return .refused(best) }
        let validity = Self.validityProblem(of: "", identity.validity, at: now)
        return .refused([untrusted(unsigned(leaf))] + (validity.map { [$0] } ?? []))
    }

    /// Everything that is wrong on one way to a root, but for signatures, which were verified.
    private func problems(
        of identity: IdentityCertificate, _ path: [AuthorityCertificate], at now: Date
    ) -> [ChainProblem] {
        let titled = path.map { authority in (authority, "the authority \(authority.subject)") }
        var problems: [ChainProblem] = []
        if let list = revocations.first(where: { $0.revokes(identity.certificate, issuers: path) }) {
            problems.append(
                Self.revoked(
                    "the serial number \(identity.serial) is in \(list.name)",
                    required: "a certificate that is not in the revocation list"))
        }
        for (index, (authority, title)) in titled.enumerated() {
            let above = Array(path[(index + 1)...])
            if let list = revocations.first(where: {
                $0.revokes(authority.certificate, itself: authority, issuers: above)
            }) {
                problems.append(
                    Self.revoked(
                        "\(title), serial number \(authority.serial), is in \(list.name)",
                        required: "a certificate by authorities that are not in the revocation list"))
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
            // Self-issued ones, with which an authority changes its key, are not bound (RFC 5280 section 6.1.3 (b)).
            let below = path[..<index].map(\.certificate).filter { $0.subject != $0.issuer }
            let problem = ([identity.certificate] + below).lazy.compactMap { certificate in
                authority.constraints.problem(with: certificate, authority: title)
            }.first
            if let problem { problems.append(untrusted(problem)) }
        }
        return problems
    }

    private static func revoked(_ observed: String, required: String) -> ChainProblem {
        ChainProblem(code: .certificateRevoked, problem: IdentityProblem(observed, required: required))
    }

    /// How many authorities that are not self-issued may come below each (RFC 5280 section 4.2.1.9).
    static func lengthProblem(of path: [AuthorityCertificate]) -> String? {
        var below = 0
        for authority in path {
            if authority.pathLength < below {
                return "the authority \(authority.subject) has the path length \(authority.pathLength), and more "
                    + "authorities are below it: \(below)"
            }
            if authority.certificate.subject != authority.certificate.issuer { below += 1 }
        }
        return nil
    }

    static func validityProblem(
        of whose: String, _ validity: ClosedRange<Date>, at now: Date
    ) -> ChainProblem? {
        if now < validity.lowerBound {
            return ChainProblem(
                code: .certificateNotYetValid,
                problem: IdentityProblem(
                    "\(whose)valid from \(validity.lowerBound.text) on, and it is \(now.text)",
                    required: "a certificate that is valid already"))
        }
        guard now > validity.upperBound else { return nil }
        return ChainProblem(
            code: .certificateExpired,
            problem: IdentityProblem(
                "\(whose)valid until \(validity.upperBound.text), and it is \(now.text)",
                required: "a certificate that is still valid"))
    }

    /// What to say of a certificate that no authority of the bundle has signed.
    private func unsigned(_ leaf: CertificateFields) -> String {
        let issuer = leaf.issuer.text
        if trust.authorities.contains(where: { $0.certificate.subject == leaf.issuer }) {
            return "the signature is not by the key of \(issuer) in the trust bundle"
        }
        if trust.strays.contains(where: { $0.hasSigned(leaf) }) {
            return "it is issued by \(issuer), whose certificate in the trust bundle leads to no root there"
        }
        return "it is issued by \(issuer)"
    }

    private func untrusted(_ observed: String) -> ChainProblem {
        let authorities = trust.authorities.map(\.subject).joined(separator: "; ")
        return ChainProblem(
            code: .certificateUntrusted,
            problem: IdentityProblem(
                observed, required: "a certificate that the trust bundle vouches for: \(authorities)"))
    }
}

extension [IdentityVerifier.ChainProblem] {
    /// Less is better: a way on which only time or a revocation is wrong says more than one that never was any.
    fileprivate var rank: Int { count + 1000 * count { $0.code == .certificateUntrusted } }
}

extension TrustBundle {
    /// Why lists of `fleet` that this authority of the bundle has signed are not taken now; nil if they are.
    ///
    /// - Parameter revocations: by other authorities.
    func problem(
        withListsBy authority: AuthorityCertificate, of fleet: TrustDomain, revocations: [RevocationList], at now: Date
    ) -> IdentityProblem? {
        if let problem = authority.listSigningProblem { return problem }
        let required = "a list by an authority of the fleet \(fleet) that is valid now"
        if !authority.fleets.isEmpty, !authority.fleets.contains(fleet.description) {
            return IdentityProblem(
                "the authority \(authority.title) is of the fleet \(authority.fleets.joined(separator: ", "))",
                required: required)
        }
        var first: String?
        for path in AuthorityPaths(self).all(fromAuthority: authority) {
            guard let problem = Self.problem(with: path, of: fleet, revocations, at: now) else { return nil }
            first = first ?? problem
        }
        return IdentityProblem(first ?? "the authority \(authority.title) leads to no root", required: required)
    }

    private static func problem(
        with path: [AuthorityCertificate], of fleet: TrustDomain, _ revocations: [RevocationList], at now: Date
    ) -> String? {
        for (index, authority) in path.enumerated() {
            let title = "the authority \(authority.title)"
            if let problem = IdentityVerifier.validityProblem(of: "\(title) is ", authority.validity, at: now) {
                return problem.problem.observed
            }
            let above = Array(path[(index + 1)...])
            if let list = revocations.first(where: {
                $0.revokes(authority.certificate, itself: authority, issuers: above)
            }) {
                return "\(title) is revoked by \(list.title)"
            }
            if let problem = authority.constraints.problem(withFleet: fleet, authority: title) { return problem }
            let below = path[..<index].map(\.certificate).filter { $0.subject != $0.issuer }
            for certificate in below {
                if let problem = authority.constraints.problem(with: certificate, authority: title) { return problem }
            }
        }
        return IdentityVerifier.lengthProblem(of: path)
    }
}
