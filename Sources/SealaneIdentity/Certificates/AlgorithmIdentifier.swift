import SwiftASN1
import X509

/// An AlgorithmIdentifier (RFC 5280 section 4.1.1.2): an algorithm and its optional parameters.
struct AlgorithmIdentifier {
    let identifier: ASN1ObjectIdentifier
    let parameters: ASN1Node?

    init(_ node: ASN1Node) throws(IdentityProblem) {
        guard node.identifier == .sequence, let children = node.children, (1...2).contains(children.count),
            let identifier = try? ASN1ObjectIdentifier(derEncoded: children[0])
        else { throw CertificateFields.problem("a malformed algorithm identifier") }
        self.identifier = identifier
        parameters = children.count == 2 ? children[1] : nil
    }

    var hasNoParameters: Bool { parameters == nil }

    /// Whether the parameters are absent or NULL. RFC 4055 section 5 allows both for RSA.
    var hasNullParameters: Bool {
        guard let parameters else { return true }
        guard parameters.identifier == .null, case .primitive(let content) = parameters.content else { return false }
        return content.isEmpty
    }
}

extension ASN1ObjectIdentifier {
    static let rsaKey: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
    static let rsaPSS: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 10]
    static let ellipticCurveKey: ASN1ObjectIdentifier = [1, 2, 840, 10045, 2, 1]
    static let p256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 3, 1, 7]
    static let p384: ASN1ObjectIdentifier = [1, 3, 132, 0, 34]
    static let p521: ASN1ObjectIdentifier = [1, 3, 132, 0, 35]
    static let ed25519: ASN1ObjectIdentifier = [1, 3, 101, 112]
    static let ed448: ASN1ObjectIdentifier = [1, 3, 101, 113]
    static let x25519: ASN1ObjectIdentifier = [1, 3, 101, 110]
    static let dsaKey: ASN1ObjectIdentifier = [1, 2, 840, 10040, 4, 1]
}
