/// One ASN.1 value in DER: `tag`, the length, the contents one after the other.
package func der(_ tag: UInt8, _ contents: [UInt8]...) -> [UInt8] {
    let content = contents.flatMap { $0 }
    var length = [UInt8(truncatingIfNeeded: content.count)]
    if content.count > 127 {
        let bytes = withUnsafeBytes(of: UInt32(content.count).bigEndian) { Array($0.drop { $0 == 0 }) }
        length = [0x80 | UInt8(bytes.count)] + bytes
    }
    return [tag] + length + content
}

/// The PKCS#7 signature of an instance identity document, put together from parts that can each be wrong.
package struct SignedDocument {
    package static let data = der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01])
    package static let sha256 = der(0x30, der(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]), der(0x05))
    package static let rsa = der(0x30, der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]), der(0x05))
    package static let sha256WithRSA = der(
        0x30, der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B]), der(0x05))

    /// An attribute 1.2.840.113549.1.9.`type` with these values.
    package static func attribute(_ type: UInt8, _ values: [UInt8]...) -> [UInt8] {
        der(
            0x30, der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, type]),
            der(0x31, values.flatMap { $0 }))
    }

    package static func contentType(_ value: [UInt8] = data) -> [UInt8] { attribute(3, value) }
    package static func messageDigest(_ digest: [UInt8]) -> [UInt8] { attribute(4, der(0x04, digest)) }
    package static func signingTime(_ text: String) -> [UInt8] { attribute(5, der(0x17, Array(text.utf8))) }

    package var contentType = der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02])
    package var version = der(0x02, [1])
    package var digestAlgorithms = [sha256]
    package var encapsulatedType = data
    /// The octets, however they are encoded.
    package var document: [UInt8]
    /// What stands between document and signers: nothing, certificates, revocation lists.
    package var certificates: [UInt8] = []
    package var signerVersion = der(0x02, [1])
    package var issuer: [UInt8]
    package var serialNumber: [UInt8]
    package var digestAlgorithm = sha256
    /// In the order in which they are encoded.
    package var attributes: [[UInt8]]
    package var signatureAlgorithm = rsa
    package var unsignedAttributes: [UInt8] = []
    package var signerCount = 1
    /// What stands behind each of them, and should not.
    package var behindDocument: [UInt8] = []
    package var behindSigners: [UInt8] = []
    package var behindContent: [UInt8] = []

    /// - Parameters:
    ///   - digest: SHA-256 of `content`.
    ///   - issuer: DER of the Name in the signer's certificate, whose serial number is `serialNumber`, a DER INTEGER.
    package init(_ content: [UInt8], digest: [UInt8], issuer: [UInt8], serialNumber: [UInt8]) {
        document = der(0x04, content)
        self.issuer = issuer
        self.serialNumber = serialNumber
        attributes = [Self.contentType(), Self.signingTime("260131235959Z"), Self.messageDigest(digest)]
    }

    /// DER, if the parts are. `sign` makes a signature of what it is given.
    package func encoded(sign: ([UInt8]) throws -> [UInt8]) rethrows -> [UInt8] {
        let attributes = attributes.flatMap { $0 }
        let signer = der(
            0x30, signerVersion, der(0x30, issuer, serialNumber), digestAlgorithm, der(0xA0, attributes),
            signatureAlgorithm, der(0x04, try sign(der(0x31, attributes))), unsignedAttributes)
        return der(
            0x30, contentType,
            der(
                0xA0,
                der(
                    0x30, version, der(0x31, digestAlgorithms.flatMap { $0 }),
                    der(0x30, encapsulatedType, der(0xA0, document), behindDocument), certificates,
                    der(0x31, Array(repeatElement(signer, count: signerCount).joined())), behindSigners)),
            behindContent)
    }
}
