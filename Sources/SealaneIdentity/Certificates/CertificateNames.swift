import SealaneEligibility
import SealanePacket
import SwiftASN1
import X509

/// The subject alternative names of an identity, in a certificate or a certificate request: one instance URI and the
/// instance's overlay addresses.
struct CertificateNames: Hashable, Sendable {
    let uri: InstanceURI
    /// At most `Claims.addressLimit`, without duplicates.
    let addresses: [IPAddress]

    init(uri: InstanceURI, addresses: [IPAddress]) throws(IdentityProblem) {
        guard addresses.count <= Claims.addressLimit else {
            throw IdentityProblem("\(addresses.count) addresses", required: "at most \(Claims.addressLimit)")
        }
        for (index, address) in addresses.enumerated() {
            if let network = address.reservedNetwork {
                throw IdentityProblem(
                    "the address \(address) is reserved: \(network.prefix) (\(network.use))",
                    required: "addresses that a host can have")
            }
            guard !addresses[..<index].contains(address) else {
                throw IdentityProblem("the address \(address) occurs twice", required: "each address once")
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
            throw IdentityProblem("its subject alternative names are malformed", required: required)
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
                    throw IdentityProblem(
                        "an IP address with the bytes \(bytes)", required: "4 bytes for IPv4 or 16 for IPv6")
                }
                addresses.append(address)
            default:
                throw IdentityProblem("it has \(name.kindText)", required: required)
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

    /// The facts that a certificate with these names proves.
    var facts: Facts {
        var facts = uri.facts
        facts.addresses = Fact(addresses.compactMap { IPPrefix(address: $0, length: $0.bitCount) }, .certificate)
        return facts
    }
}
