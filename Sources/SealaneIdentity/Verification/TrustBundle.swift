/// The certificate authorities that a fleet trusts: roots (several while one replaces another) and intermediates. Hosts
/// send only their own certificate.
package struct TrustBundle: Hashable, Sendable {
    package let roots: [AuthorityCertificate]
    /// Each has a path of signatures to one of the roots.
    package let intermediates: [AuthorityCertificate]
    /// Intermediates without a path to a root in the bundle, such as a cross-signed one after the old root is removed.
    /// Certificates that they issued are not trusted.
    package let unanchored: [AuthorityCertificate]
    /// For each authority in `authorities`, the indices of those that signed it. Empty for roots.
    let issuers: [[Int]]

    /// A fleet has a few authorities. The cost of path building grows with their number.
    private static var countLimit: Int { 64 }

    /// Reads one or more PEM certificates, in any order. Those that are not self-signed are intermediates. Duplicates
    /// are ignored.
    ///
    /// - Parameter source: the origin of the text, for errors.
    package init(pem: [UInt8], source: String) throws(IdentityError) {
        let blocks = try PEMBlock.all(in: pem, of: .trustBundle, source: source)
        var found: [AuthorityCertificate] = []
        for (index, block) in blocks.enumerated() {
            func failure(_ problem: IdentityProblem) -> IdentityError {
                .content(
                    .trustBundle, source: source, line: block.line,
                    IdentityProblem(
                        "certificate \(index + 1) of \(blocks.count): \(problem.observed)", required: problem.required))
            }
            guard block.label == "CERTIFICATE" else {
                throw failure(IdentityProblem("a block \(block.label)", required: "only certificates of authorities"))
            }
            do throws(IdentityProblem) {
                let authority = try AuthorityCertificate(der: block.content)
                if !found.contains(authority) { found.append(authority) }
            } catch {
                throw failure(error)
            }
        }
        func failure(_ observed: String, _ required: String) -> IdentityError {
            .content(.trustBundle, source: source, line: nil, IdentityProblem(observed, required: required))
        }
        guard found.count <= Self.countLimit else {
            throw failure("\(found.count) certificates", "at most \(Self.countLimit)")
        }
        let roots = found.filter(\.isSelfSigned)
        guard !roots.isEmpty else { throw failure("no self-signed certificate", "at least one root, in PEM") }
        var reached: [AuthorityCertificate] = []
        var left = found.filter { !$0.isSelfSigned }
        while let index = left.firstIndex(where: { entry in (roots + reached).contains { $0.hasSigned(entry) } }) {
            reached.append(left.remove(at: index))
        }
        let intermediates = found.filter(reached.contains)
        self.roots = roots
        self.intermediates = intermediates
        unanchored = left
        let authorities = roots + intermediates
        issuers = authorities.map { authority in
            authority.isSelfSigned ? [] : authorities.indices.filter { authorities[$0].hasSigned(authority) }
        }
    }

    package static func read(_ path: String) throws(IdentityError) -> TrustBundle {
        try TrustBundle(pem: try IdentityError.fileContent(of: path, for: .trustBundle), source: path)
    }

    /// Roots, then intermediates.
    package var authorities: [AuthorityCertificate] { roots + intermediates }

    /// Warnings about a bundle that is valid.
    package var warnings: [String] {
        unanchored.map { authority in
            "the authority \(authority.title) in the trust bundle is issued by \(authority.issuer), which has no path to a root there: "
                + "certificates under it are not trusted"
        }
    }
}
