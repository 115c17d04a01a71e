/// The certificate authorities that a fleet trusts: roots, several while one takes over from another, and the
/// intermediates between them and the hosts. Hosts send no more than their own certificate.
public struct TrustBundle: Hashable, Sendable {
    public let roots: [AuthorityCertificate]
    /// Each leads to one of the roots by signatures.
    public let intermediates: [AuthorityCertificate]
    /// Intermediates whose root is not in the bundle, as a cross-signed one is once the old root is gone. They vouch for
    /// nobody.
    public let strays: [AuthorityCertificate]
    /// For each of `authorities`, which of them have signed it. Of roots: none.
    let issuers: [[Int]]

    /// A fleet has a few. What the search for a path takes grows with their number.
    private static var countLimit: Int { 64 }

    /// Reads PEM: one or more certificates, in any order, those that are not self-signed as intermediates. One that comes
    /// again counts once.
    ///
    /// - Parameter source: where the text is from, for errors.
    public init(pem: [UInt8], source: String) throws(IdentityError) {
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
                throw failure(IdentityProblem("a block \(block.label)", required: "certificates of authorities only"))
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
        strays = left
        let authorities = roots + intermediates
        issuers = authorities.map { authority in
            authority.isSelfSigned ? [] : authorities.indices.filter { authorities[$0].hasSigned(authority) }
        }
    }

    public static func read(_ path: String) throws(IdentityError) -> TrustBundle {
        try TrustBundle(pem: try IdentityError.fileContent(of: path, for: .trustBundle), source: path)
    }

    /// Roots, then intermediates.
    public var authorities: [AuthorityCertificate] { roots + intermediates }

    /// What people should know of a bundle that is in order.
    public var warnings: [String] {
        strays.map { stray in
            "the authority \(stray.title) in the trust bundle is issued by \(stray.issuer), which leads to no root there: "
                + "this certificate of it vouches for nobody"
        }
    }
}
