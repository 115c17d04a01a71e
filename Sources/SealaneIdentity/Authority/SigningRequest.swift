import Crypto
import SealaneEligibility
import SealanePacket
import SwiftASN1
import X509

/// A PKCS#10 certificate signing request (RFC 2986) for an identity. Its own key has signed every value of this type,
/// so its creator holds the key.
package struct SigningRequest: Hashable, Sendable {
    package let der: [UInt8]
    /// Ed25519, 32 bytes.
    package let publicKey: [UInt8]
    let names: CertificateNames

    package var uri: InstanceURI { names.uri }
    package var addresses: [IPAddress] { names.addresses }

    static var byteLimit: Int { 4096 }

    /// Creates a request for an identity with these facts, signed by `key`. Each prefix in `addresses` must be a host
    /// route.
    package init(facts: Facts, fleet: TrustDomain, key: IdentityKey) throws(IdentityProblem) {
        let prefixes = facts.addresses?.value ?? []
        if let network = prefixes.first(where: { !$0.isHostRoute }) {
            throw IdentityProblem("the prefix \(network)", required: "single addresses")
        }
        let names = try CertificateNames(
            uri: InstanceURI(trustDomain: fleet, facts: facts), addresses: prefixes.map(\.address))
        do {
            // All extensions, for authorities that copy them (openssl's -copy_extensions).
            let request = try CertificateSigningRequest(
                version: .v1, subject: names.subject, privateKey: key.certificateKey,
                attributes: CertificateSigningRequest.Attributes([
                    CertificateSigningRequest.Attribute(ExtensionRequest(extensions: names.extensions()))
                ]))
            var serializer = DER.Serializer()
            try serializer.serialize(request)
            der = serializer.serializedBytes
        } catch {
            throw IdentityProblem("the request cannot be created", required: "facts that fit a certificate")
        }
        publicKey = key.publicKey
        self.names = names
    }

    /// Reads untrusted DER. Refuses more than `byteLimit` bytes without parsing.
    init(der: [UInt8]) throws(IdentityProblem) {
        guard der.count <= Self.byteLimit else {
            throw IdentityProblem("a request of \(der.count) bytes", required: "at most \(Self.byteLimit)")
        }
        let request: CertificateSigningRequest
        let requested: ExtensionRequest?
        do {
            request = try CertificateSigningRequest(derEncoded: der)
            requested = try request.attributes.extensionRequest
        } catch {
            throw IdentityProblem("bytes that are not a request with a supported key", required: "PKCS#10 in DER")
        }
        guard let key = Curve25519.Signing.PublicKey(request.publicKey) else {
            throw IdentityProblem("a key of type \(request.publicKey.text)", required: "an Ed25519 key")
        }
        try key.checkOrder("the request")
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw IdentityProblem(
                "the signature is not by the request's own key", required: "a request by the holder of the key")
        }
        names = try CertificateNames(requested?.extensions ?? Certificate.Extensions())
        publicKey = Array(key.rawRepresentation)
        self.der = der
    }

    /// - Parameter source: the origin of the text, for errors.
    package init(pem: [UInt8], source: String) throws(IdentityError) {
        let (content, line) = try PEMBlock.first("CERTIFICATE REQUEST", in: pem, of: .signingRequest, source: source)
        do throws(IdentityProblem) {
            try self.init(der: content)
        } catch {
            throw .content(.signingRequest, source: source, line: line, error)
        }
    }

    package static func read(_ path: String) throws(IdentityError) -> SigningRequest {
        try SigningRequest(pem: try IdentityError.fileContent(of: path, for: .signingRequest), source: path)
    }

    package var pem: [UInt8] { PEMBlock.text("CERTIFICATE REQUEST", der) }
}

extension CertificateNames {
    /// The instance ID as common name, for people and their tools. Sealane reads only the URI.
    var subject: DistinguishedName {
        get throws {
            try DistinguishedName {
                if let id = uri[.instanceID] { CommonName(id) }
            }
        }
    }

    /// The extensions of every identity. Either host may initiate, so other software that uses the identity needs it
    /// for both client and server. The signature over the static key has no extended key usage of its own.
    func extensions() throws -> Certificate.Extensions {
        try Certificate.Extensions {
            // RFC 5280 section 4.2.1.6: critical if the subject is empty.
            try Certificate.Extension(subjectAlternativeNames, critical: uri[.instanceID] == nil)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.clientAuth, .serverAuth])
        }
    }
}
