import FoundationEssentials

extension TrustBundle {
    /// Why revocation lists of `fleet` that this authority of the bundle signed are not accepted now; nil if they are.
    ///
    /// - Parameter revocations: lists of other authorities.
    func problem(
        withListsBy authority: AuthorityCertificate, of fleet: TrustDomain, revocations: [RevocationList], at now: Date
    ) -> IdentityProblem? {
        if let problem = authority.listSigningProblem { return problem }
        let required = "a list by an authority of the fleet \(fleet) that is valid now"
        if !authority.fleets.isEmpty, !authority.fleets.contains(fleet.description) {
            return IdentityProblem(
                "the authority \(authority.title) belongs to the fleet \(authority.fleets.joined(separator: ", "))",
                required: required)
        }
        var first: String?
        for path in CertificationPaths(self).all(fromAuthority: authority) {
            guard let problem = Self.problem(with: path, of: fleet, revocations, at: now) else { return nil }
            first = first ?? problem
        }
        return IdentityProblem(first ?? "the authority \(authority.title) has no path to a root", required: required)
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
                $0.revokes(authority.certificate, as: authority, issuers: above)
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
