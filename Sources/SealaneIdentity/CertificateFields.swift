import FoundationEssentials
import SwiftASN1
import X509

/// The fields of an X.509 certificate (RFC 5280 section 4.1) of version 3, read from DER that anybody may have made.
/// Whether it is an identity's or an authority's, and whether anybody vouches for it, is for others to find out.
///
/// The library's own `Certificate` cannot hold RSASSA-PSS signatures, and its errors name types instead of mistakes.
struct CertificateFields: Hashable, Sendable {
    let der: [UInt8]
    let serial: CertificateSerial
    let signature: CertificateSignature
    let issuer: DistinguishedName
    let subject: DistinguishedName
    /// Both in whole seconds, and both included.
    let notValidBefore: Date
    let notValidAfter: Date
    let key: CertificateKey
    let extensions: Certificate.Extensions

    static func == (left: Self, right: Self) -> Bool { left.der == right.der }

    func hash(into hasher: inout Hasher) { hasher.combine(der) }

    init(der: [UInt8]) throws(IdentityProblem) {
        guard let root = try? DER.parse(der) else {
            throw Self.problem("\(der.count) bytes that are not one value in DER")
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
                "its two statements of the signature algorithm differ", required: "the same one inside and outside")
        }
        issuer = try Self.name(fields.next("issuer"), "issuer")
        (notValidBefore, notValidAfter) = try Self.validity(fields.next("validity"))
        subject = try Self.name(fields.next("subject"), "subject")
        key = try CertificateKey(fields.next("public key"))
        for number in [1, 2] as [UInt] {
            if fields.nextIsTagged(number) {
                throw Self.problem("it has a unique identifier of its issuer or subject", required: "none (RFC 5280)")
            }
        }
        extensions = try Self.extensions(fields.nextIf(.explicit(3)))
        try fields.end()

        guard let bits = try? ASN1BitString(derEncoded: signatureValue), bits.paddingBits == 0 else {
            throw Self.problem("its signature cannot be read")
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
            throw problem("a version that cannot be read", required: required)
        }
        guard byte == 2 else { throw problem("a certificate of version \(Int(byte) + 1)", required: required) }
    }

    private static func serial(_ node: ASN1Node) throws(IdentityProblem) -> CertificateSerial {
        guard node.identifier == .integer, case .primitive(let number) = node.content, let first = number.first else {
            throw problem("a serial number that cannot be read")
        }
        guard first < 0x80 else {
            throw problem(
                "a negative serial number (\(number.prefix(CertificateSerial.byteLimit).hexadecimal))",
                required: "a positive one (RFC 5280 section 4.1.2.2)")
        }
        if number.count > 1, first == 0, number.dropFirst().first ?? 0x80 < 0x80 {
            throw problem("a serial number with a zero before it, which is not DER")
        }
        guard let serial = CertificateSerial(bytes: number) else {
            throw problem(
                "a serial number of \(number.count) bytes", required: "at most \(CertificateSerial.byteLimit)")
        }
        return serial
    }

    private static func name(_ node: ASN1Node, _ whose: String) throws(IdentityProblem) -> DistinguishedName {
        guard let name = try? DistinguishedName(derEncoded: node) else {
            throw problem("the name of its \(whose) cannot be read")
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
        throw problem("its validity has a time that cannot be read", required: "UTC in whole seconds (RFC 5280)")
    }

    private static func extensions(_ node: ASN1Node?) throws(IdentityProblem) -> Certificate.Extensions {
        guard let node else { return Certificate.Extensions() }
        guard let list = node.onlyChild, list.identifier == .sequence, let nodes = list.children else {
            throw problem("its extensions cannot be read")
        }
        var extensions: [Certificate.Extension] = []
        for node in nodes {
            guard let next = try? Certificate.Extension(derEncoded: node) else {
                throw problem("its extension number \(extensions.count + 1) cannot be read")
            }
            if extensions.contains(where: { $0.oid == next.oid }) {
                throw problem("the extension \(next.oid) comes twice", required: "each extension once")
            }
            extensions.append(next)
        }
        guard let all = try? Certificate.Extensions(extensions) else {
            throw problem("\(extensions.count) extensions", required: "at most 32")
        }
        return all
    }

    /// The fields of a SEQUENCE, taken in order.
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
            guard nodes.isEmpty else { throw problem("\(name) goes on after its last field") }
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
    /// Nil unless it is constructed.
    var children: [ASN1Node]? {
        guard case .constructed(let nodes) = content else { return nil }
        return Array(nodes)
    }

    /// What an explicit tag encloses; nil unless it is one value.
    var onlyChild: ASN1Node? {
        guard let children, children.count == 1 else { return nil }
        return children[0]
    }
}

extension Date {
    /// In the proleptic Gregorian calendar, UTC.
    ///
    /// - Parameter second: of the day.
    fileprivate init(year: Int, month: Int, day: Int, second: Int) {
        // Years that begin with March, so that the leap day is the last; eras of 400 years have 146,097 days.
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(timeIntervalSince1970: TimeInterval(days * 86400 + second))
    }
}
