import FoundationEssentials
import SwiftASN1
import X509

/// The fields of an X.509 certificate (RFC 5280 section 4.1) of version 3, read from untrusted DER. Does not check
/// whether it is an identity or an authority, or whether an authority issued it.
///
/// The X509 library's own `Certificate` does not support RSASSA-PSS signatures, and its errors name types instead of
/// the mistake.
struct CertificateFields: Hashable, Sendable {
    let der: [UInt8]
    let serial: CertificateSerial
    let signature: CertificateSignature
    let issuer: DistinguishedName
    let subject: DistinguishedName
    /// In whole seconds; both moments belong to the validity.
    let notValidBefore: Date
    let notValidAfter: Date
    let key: CertificateKey
    let extensions: Certificate.Extensions

    static func == (left: Self, right: Self) -> Bool { left.der == right.der }

    func hash(into hasher: inout Hasher) { hasher.combine(der) }

    init(der: [UInt8]) throws(IdentityProblem) {
        guard let root = try? DER.parse(der) else {
            throw Self.problem("\(der.count) bytes that are not a single DER value")
        }
        var outer = try Fields(of: root, "the certificate")
        let contents = try outer.next("contents to be signed")
        let algorithm = try outer.next("signature algorithm")
        let signatureValue = try outer.next("signature")
        try outer.end()

        var fields = try Fields(of: contents, "the certificate's contents")
        try Self.checkVersion(fields.nextIf(.explicit(0)))
        serial = try Self.serial(fields.next("serial number"))
        let innerAlgorithm = try fields.next("signature algorithm")
        guard innerAlgorithm.encodedBytes == algorithm.encodedBytes else {
            throw Self.problem(
                "its two signature algorithm fields differ",
                required: "signatureAlgorithm equal to tbsCertificate.signature")
        }
        issuer = try Self.name(fields.next("issuer"), "issuer")
        (notValidBefore, notValidAfter) = try Self.validity(fields.next("validity"))
        subject = try Self.name(fields.next("subject"), "subject")
        key = try CertificateKey(fields.next("public key"))
        for number in [1, 2] as [UInt] {
            if fields.nextIsTagged(number) {
                throw Self.problem(
                    "it has an issuerUniqueID or subjectUniqueID", required: "neither (RFC 5280 section 4.1.2.8)")
            }
        }
        extensions = try Self.extensions(fields.nextIf(.explicit(3)))
        try fields.end()

        guard let bits = try? ASN1BitString(derEncoded: signatureValue), bits.paddingBits == 0 else {
            throw Self.problem("its signature is malformed")
        }
        signature = CertificateSignature(
            algorithm: try CertificateSignature.Algorithm(algorithm), bytes: bits.bytes, signed: contents.encodedBytes)
        self.der = der
    }

    static func problem(_ observed: String, required: String = "an X.509 certificate in DER") -> IdentityProblem {
        IdentityProblem(observed, required: required)
    }

    private static func checkVersion(_ node: ASN1Node?) throws(IdentityProblem) {
        let required = "X.509 version 3"
        guard let node else { throw problem("a certificate of version 1", required: required) }
        guard let only = node.onlyChild, only.identifier == .integer, case .primitive(let number) = only.content,
            number.count == 1, let byte = number.first
        else {
            throw problem("a malformed version", required: required)
        }
        guard byte == 2 else { throw problem("a certificate of version \(Int(byte) + 1)", required: required) }
    }

    private static func serial(_ node: ASN1Node) throws(IdentityProblem) -> CertificateSerial {
        guard node.identifier == .integer, case .primitive(let number) = node.content, let first = number.first else {
            throw problem("a malformed serial number")
        }
        guard first < 0x80 else {
            throw problem(
                "a negative serial number (\(number.prefix(CertificateSerial.byteLimit).hexadecimal))",
                required: "a positive one (RFC 5280 section 4.1.2.2)")
        }
        if number.count > 1, first == 0, number.dropFirst().first ?? 0x80 < 0x80 {
            throw problem("a serial number with a leading zero, which is not DER")
        }
        guard let serial = CertificateSerial(bytes: number) else {
            throw problem(
                "a serial number of \(number.count) bytes", required: "at most \(CertificateSerial.byteLimit)")
        }
        return serial
    }

    private static func name(_ node: ASN1Node, _ whose: String) throws(IdentityProblem) -> DistinguishedName {
        guard let name = try? DistinguishedName(derEncoded: node) else {
            throw problem("the name of its \(whose) is malformed")
        }
        return name
    }

    private static func validity(_ node: ASN1Node) throws(IdentityProblem) -> (Date, Date) {
        var fields = try Fields(of: node, "its validity")
        let first = try date(fields.next("beginning"))
        let last = try date(fields.next("end"))
        try fields.end()
        return (first, last)
    }

    /// UTCTime up to 2049 and GeneralizedTime in whole seconds (RFC 5280 section 4.1.2.5).
    private static func date(_ node: ASN1Node) throws(IdentityProblem) -> Date {
        if let time = try? UTCTime(derEncoded: node) {
            return Date(
                year: time.year, month: time.month, day: time.day,
                second: (time.hours * 60 + time.minutes) * 60 + time.seconds)
        }
        if let time = try? GeneralizedTime(derEncoded: node), time.rawFractionalSeconds.isEmpty {
            return Date(
                year: time.year, month: time.month, day: time.day,
                second: (time.hours * 60 + time.minutes) * 60 + time.seconds)
        }
        throw problem("its validity has a malformed time", required: "UTC in whole seconds (RFC 5280)")
    }

    private static func extensions(_ node: ASN1Node?) throws(IdentityProblem) -> Certificate.Extensions {
        guard let node else { return Certificate.Extensions() }
        guard let list = node.onlyChild, list.identifier == .sequence, let nodes = list.children else {
            throw problem("its extensions are malformed")
        }
        var extensions: [Certificate.Extension] = []
        for node in nodes {
            guard let next = try? Certificate.Extension(derEncoded: node) else {
                throw problem("its extension number \(extensions.count + 1) is malformed")
            }
            if extensions.contains(where: { $0.oid == next.oid }) {
                throw problem("the extension \(next.oid) occurs twice", required: "each extension once")
            }
            extensions.append(next)
        }
        guard let all = try? Certificate.Extensions(extensions) else {
            throw problem("\(extensions.count) extensions", required: "at most 32")
        }
        return all
    }

    /// Reads the fields of a SEQUENCE in order.
    struct Fields {
        private var nodes: ArraySlice<ASN1Node>
        private let name: String

        init(of node: ASN1Node, _ name: String) throws(IdentityProblem) {
            guard node.identifier == .sequence, let children = node.children else {
                throw problem("\(name) is not a SEQUENCE")
            }
            nodes = children[...]
            self.name = name
        }

        mutating func next(_ field: String) throws(IdentityProblem) -> ASN1Node {
            guard let node = nodes.popFirst() else { throw problem("\(name) ends before its \(field)") }
            return node
        }

        mutating func nextIf(_ identifier: ASN1Identifier) -> ASN1Node? {
            nodes.first?.identifier == identifier ? nodes.popFirst() : nil
        }

        func nextIsTagged(_ number: UInt) -> Bool { nodes.first?.identifier == .explicit(number) }

        func end() throws(IdentityProblem) {
            guard nodes.isEmpty else { throw problem("\(name) has fields after its last one") }
        }
    }
}

extension ASN1Identifier {
    /// A context-specific tag.
    static func explicit(_ number: UInt) -> ASN1Identifier {
        ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
    }
}

extension ASN1Node {
    /// Nil unless the node is constructed.
    var children: [ASN1Node]? {
        guard case .constructed(let nodes) = content else { return nil }
        return Array(nodes)
    }

    /// The value inside an explicit tag; nil unless it is a single value.
    var onlyChild: ASN1Node? {
        guard let children, children.count == 1 else { return nil }
        return children[0]
    }
}

extension Date {
    /// In the proleptic Gregorian calendar, in UTC.
    ///
    /// - Parameter second: of the day.
    fileprivate init(year: Int, month: Int, day: Int, second: Int) {
        // Years start in March, so that the leap day is the last day; an era of 400 years has 146,097 days.
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(timeIntervalSince1970: TimeInterval(days * 86400 + second))
    }
}
