/// Builds the certification paths from a certificate to the roots of a trust bundle, by names and signatures (RFC 5280
/// section 6.1).
struct CertificationPaths {
    private let trust: TrustBundle
    private let authorities: [AuthorityCertificate]

    /// Bundles in which all authorities cross-certify each other have too many paths to try them all.
    private static var pathLimit: Int { 256 }

    init(_ trust: TrustBundle) {
        self.trust = trust
        authorities = trust.authorities
    }

    /// From the authority that issued `certificate` up to a root; shorter paths first.
    func all(from certificate: CertificateFields) -> [[AuthorityCertificate]] {
        paths(from: authorities.indices.filter { authorities[$0].hasSigned(certificate) })
    }

    /// From `authority`, which must be in the bundle, up to a root.
    func all(fromAuthority authority: AuthorityCertificate) -> [[AuthorityCertificate]] {
        paths(from: authorities.indices.filter { authorities[$0] == authority })
    }

    private func paths(from starts: [Int]) -> [[AuthorityCertificate]] {
        var complete: [[Int]] = []
        var open = starts.map { [$0] }
        while !open.isEmpty, complete.count < Self.pathLimit {
            var longer: [[Int]] = []
            for path in open {
                guard let last = path.last else { continue }
                if authorities[last].isSelfSigned {
                    complete.append(path)
                } else if longer.count < Self.pathLimit {
                    longer += trust.issuers[last].filter { next in !path.contains { isSame($0, next) } }
                        .map { path + [$0] }
                }
            }
            open = longer
        }
        return complete.map { path in path.map { authorities[$0] } }
    }

    /// Whether both certificates belong to the same authority, whoever issued them. A path through both would have a
    /// shorter equivalent.
    private func isSame(_ left: Int, _ right: Int) -> Bool {
        let (left, right) = (authorities[left].certificate, authorities[right].certificate)
        return left.subject == right.subject && left.key.identifier == right.key.identifier
    }
}
