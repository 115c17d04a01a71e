import SealaneEligibility
import SealanePacket
import SwiftASN1
import X509

/// The subject alternative names of an identity, in a certificate or in the request for one: one instance URI, and the
/// instance's overlay addresses.
struct CertificateNames: Hashable, Sendable {
    let uri: InstanceURI
    /// At most `Claims.addressLimit`, none twice.
    let addresses: [IPAddress]

    init(uri: InstanceURI, addresses: [IPAddress]) throws(IdentityProblem) {
        guard addresses.count <= Claims.addressLimit else {
            throw IdentityProblem("\(addresses.count) addresses", required: "at most \(Claims.addressLimit)")
        }
        for (index, address) in addresses.enumerated() {
            if let network = address.reservedNetwork {
                throw IdentityProblem(
                    "the address \(address), of \(network.prefix) (\(network.use)), is no host's",
                    required: "addresses that one host can have")
            }
            guard !addresses[..<index].contains(address) else {
                throw IdentityProblem("the address \(address) comes twice", required: "each address once")
            }
        }
        self.uri = uri
        self.addresses = addresses
    }

    init(_ extensions: Certificate.Extensions) throws(IdentityProblem) {
        let required = "one SPIFFE URI and the instance's IP addresses as subject alternative names"
        let names: SubjectAlternativeNames?
        do {
            names = try extensions.subjectAlternativeNames
        } catch {
            throw IdentityProblem("its alternative names cannot be read", required: required)
        }
        var uri: InstanceURI?
        var addresses: [IPAddress] = []
        for name in names ?? SubjectAlternativeNames() {
            switch name {
            case .uniformResourceIdentifier(let text):
                guard uri == nil else { throw IdentityProblem("it has more than one URI", required: required) }
                uri = try InstanceURI(text)
            case .ipAddress(let octets):
                guard let address = IPAddress(bytes: octets.bytes), address.bytes.count == octets.bytes.count else {
                    let bytes = octets.bytes.prefix(32).hexadecimal
                    throw IdentityProblem("the IP address of the bytes \(bytes)", required: "4 bytes, or 16 of IPv6")
                }
                addresses.append(address)
            default:
                throw IdentityProblem("it has a name of another kind: \(name.kindText)", required: required)
            }
        }
        guard let uri else { throw IdentityProblem("it has no URI", required: required) }
        try self.init(uri: uri, addresses: addresses)
    }

    var subjectAlternativeNames: SubjectAlternativeNames {
        SubjectAlternativeNames(
            [.uniformResourceIdentifier(uri.description)]
                + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) })
    }

    /// As a certificate with these names proves them.
    var facts: Facts {
        var facts = uri.facts
        facts.addresses = Fact(addresses.compactMap { IPPrefix(address: $0, length: $0.bitCount) }, .certificate)
        return facts
    }
}
