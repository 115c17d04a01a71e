import Crypto
import SealaneTunnel

extension InstanceIdentityDocument {
    /// The maximum size of a document and of the text of a signature: several times larger than any that AWS serves.
    package static var byteLimit: Int { 8192 }

    /// Verifies the signature that the instance metadata service serves under `instance-identity/rsa2048`, and reads
    /// the document inside. Does not check the document's age or who presents it.
    ///
    /// - Parameters:
    ///   - signature: base64, in lines without PEM headers, of a PKCS#7 SignedData that contains the document.
    ///   - document: the document, if it was also given separately. Must equal the one inside, byte for byte.
    ///   - certificates: the certificates that sign for each Region.
    package init(
        verifying signature: [UInt8], document: [UInt8]? = nil, with certificates: RegionCertificates
    ) throws(InstanceIdentityDocumentError) {
        try Self.requireSize(of: signature, "signature")
        if let document { try Self.requireSize(of: document, "document") }
        let signed = try SignedData(try Self.decoded(signature))
        if let document { try Self.requireSame(document, signed.content) }
        let digest = Array(SHA256.hash(data: signed.content))
        guard digest.elementsEqual(signed.messageDigest) else {
            throw InstanceIdentityDocumentError(
                .digest, "the document's SHA-256 is \(digest.hexadecimal)",
                required: "\(signed.messageDigest.hexadecimal), which the signature covers")
        }
        let members = try Members(signed.content)
        try certificates.certificate(of: members.region).requireSignature(of: signed, region: members.region)
        self.init(
            instanceID: members.instanceID, instanceType: members.instanceType, account: members.account,
            region: members.region, zone: members.zone, privateIPv4: members.privateIPv4,
            pendingTime: members.pendingTime, signingTime: signed.signingTime, digest: digest.hexadecimal)
    }

    private static func requireSize(of bytes: [UInt8], _ name: String) throws(InstanceIdentityDocumentError) {
        guard bytes.count > byteLimit else { return }
        throw InstanceIdentityDocumentError(
            .size, "the \(name) has \(bytes.count) bytes", required: "at most \(byteLimit)")
    }

    private static func decoded(_ signature: [UInt8]) throws(InstanceIdentityDocumentError) -> [UInt8] {
        let text = signature.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        var bytes = [UInt8](repeating: 0, count: max(text.count / 4 * 3 - padding, 0))
        let isBase64 = text.withUnsafeBytes { text in
            bytes.withUnsafeMutableBytes { Base64.decode(text, into: $0) }
        }
        guard isBase64, !bytes.isEmpty else {
            throw InstanceIdentityDocumentError(
                .base64, "\(signature.count) bytes that are not base64",
                required: "lines of base64 without PEM headers, as instance-identity/rsa2048 serves them")
        }
        return bytes
    }

    private static func requireSame(
        _ document: [UInt8], _ signed: ArraySlice<UInt8>
    ) throws(InstanceIdentityDocumentError) {
        guard !document.elementsEqual(signed) else { return }
        let difference = zip(document, signed).enumerated().first { $1.0 != $1.1 }?.offset
        let offset = difference ?? min(document.count, signed.count)
        throw InstanceIdentityDocumentError(
            .copy, "the document of \(document.count) bytes differs at byte \(offset)",
            required: "exactly the \(signed.count) bytes inside the signature")
    }
}

extension RegionCertificate {
    fileprivate func requireSignature(
        of signed: SignedData, region: String
    ) throws(InstanceIdentityDocumentError) {
        guard issuer.elementsEqual(signed.issuer), serialNumber.elementsEqual(signed.serialNumber) else {
            let other = issuer.elementsEqual(signed.issuer) ? "" : " and another issuer"
            throw InstanceIdentityDocumentError(
                .signer, "the signer's certificate has serial number \(signed.serialNumber.hexadecimal)\(other)",
                required: "\(serialNumber.hexadecimal), which signs in \(region)")
        }
        guard isValid(signed.signature, for: signed.attributes) else {
            throw InstanceIdentityDocumentError(
                .signature, "it does not verify under the key of \(region)",
                required: "RSASSA-PKCS1-v1_5 with SHA-256")
        }
    }
}
