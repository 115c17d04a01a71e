import X509

/// The certificate authorities that a fleet trusts: roots, several while one takes over from another, and the
/// intermediates between them and the hosts. Hosts send no more than their own certificate.
public struct TrustBundle: Hashable, Sendable {
    public let roots: [AuthorityCertificate]
    /// Each leads to one of the roots by signatures.
    public let intermediates: [AuthorityCertificate]
    let rootStore: CertificateStore
    let intermediateStore: CertificateStore

    /// A fleet has a few. What the search for a path takes grows with their number.
    private static var countLimit: Int { 64 }

    private struct Entry {
        let place: String
        let line: Int
        let authority: AuthorityCertificate
    }

    /// Reads PEM: one or more certificates, in any order, those that are not self-signed as intermediates.
    ///
    /// - Parameter source: where the text is from, for errors.
    public init(pem: [UInt8], source: String) throws(IdentityError) {
        let blocks = try PEMBlock.all(in: pem, of: .trustBundle, source: source)
        var found: [Entry] = []
        for (index, block) in blocks.enumerated() {
            let place = "certificate \(index + 1) of \(blocks.count)"
            func failure(_ problem: IdentityProblem) -> IdentityError {
                .content(
                    .trustBundle, source: source, line: block.line,
                    IdentityProblem("\(place): \(problem.observed)", required: problem.required))
            }
            guard block.label == "CERTIFICATE" else {
                throw failure(IdentityProblem("a block \(block.label)", required: "certificates of authorities only"))
            }
            do throws(IdentityProblem) {
                let authority = try AuthorityCertificate(der: block.content)
                if let first = found.first(where: { $0.authority.fingerprint == authority.fingerprint }) {
                    throw IdentityProblem("the same as \(first.place)", required: "each certificate once")
                }
                found.append(Entry(place: place, line: block.line, authority: authority))
            } catch {
                throw failure(error)
            }
        }
        let roots = found.filter(\.authority.isSelfSigned)
        let others = found.filter { !$0.authority.isSelfSigned }
        func failure(_ line: Int?, _ observed: String, _ required: String) -> IdentityError {
            .content(.trustBundle, source: source, line: line, IdentityProblem(observed, required: required))
        }
        guard found.count <= Self.countLimit else {
            throw failure(nil, "\(found.count) certificates", "at most \(Self.countLimit)")
        }
        guard !roots.isEmpty else {
            throw failure(nil, "no self-signed certificate", "at least one root, in PEM")
        }
        var reached = roots.map(\.authority)
        var left = others
        while let index = left.firstIndex(where: { entry in reached.contains { $0.hasSigned(entry.authority) } }) {
            reached.append(left.remove(at: index).authority)
        }
        if let stray = left.first {
            throw failure(
                stray.line, "\(stray.place): \(stray.authority.subject) is issued by \(stray.authority.issuer)",
                "that authority's certificate, and so on up to a root, in the bundle too")
        }
        self.roots = roots.map(\.authority)
        intermediates = others.map(\.authority)
        rootStore = CertificateStore(self.roots.map(\.certificate))
        intermediateStore = CertificateStore(intermediates.map(\.certificate))
    }

    public static func read(_ path: String) throws(IdentityError) -> TrustBundle {
        try TrustBundle(pem: try IdentityError.fileContent(of: path, for: .trustBundle), source: path)
    }

    /// Roots, then intermediates.
    public var authorities: [AuthorityCertificate] { roots + intermediates }
}
