import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

@Suite("The certificate authority")
struct CertificateAuthorityTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func request(
        _ key: IdentityKey, fleet: String = "prod", _ change: (inout Facts) -> Void = { _ in }
    ) throws -> SigningRequest {
        try SigningRequest(facts: Sample.facts(change), fleet: TrustDomain(fleet: fleet), key: key)
    }

    @Test("openssl accepts its certificates in strict mode")
    func opensslAccepts() throws {
        // At the current time, which openssl uses.
        var fleet = try SampleFleet(at: Date())
        try openssl.write(fleet.authority.certificate.pem, to: "ca.pem")
        for (name, facts) in [
            ("whole", try Sample.facts()),
            ("short", Facts([.instanceID: Fact("i-0a", .stated)], addresses: try Sample.facts().addresses)),
        ] {
            try openssl.write(fleet.issue(Sample.key(2), facts: facts, at: Date()).pem, to: "\(name).pem")
            for purpose in ["any", "sslclient", "sslserver"] {
                let verified = try openssl.run(
                    "verify", "-x509_strict", "-purpose", purpose, "-CAfile", "ca.pem", "\(name).pem")
                #expect(verified.status == 0, "\(verified)")
            }
        }
        try openssl.write(SampleFleet(seed: 9, at: Date()).authority.certificate.pem, to: "other.pem")
        #expect(try openssl.run("verify", "-x509_strict", "-CAfile", "other.pem", "whole.pem").status != 0)
    }

    @Test("the root is constrained to its fleet: openssl refuses certificates outside it")
    func rootIsConstrained() throws {
        let fleet = try SampleFleet(at: Date())
        try openssl.write(fleet.authority.certificate.pem, to: "ca.pem")
        try IdentityKeyFile.create(openssl.path("ca.key"), holding: Sample.key(1))
        let text = try openssl.make("x509", "-in", "ca.pem", "-noout", "-text")
        for expected in [
            "CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "URI:spiffe://prod",
            "X509v3 Name Constraints: critical", "X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical",
        ] {
            #expect(text.contains(expected), "\(expected) in \(text)")
        }
        try openssl.makeCertificate(
            "foreign", by: "ca",
            extensions: ["subjectAltName=URI:spiffe://test/instance/i-0a", "keyUsage=digitalSignature"])
        try openssl.makeCertificate("near", by: "ca", extensions: Sample.extensions)
        #expect(try openssl.run("verify", "-CAfile", "ca.pem", "foreign.pem").status != 0)
        #expect(try openssl.run("verify", "-CAfile", "ca.pem", "near.pem").status == 0)
    }

    @Test(
        "an identity has the request's key, facts and addresses, one day of validity by default, and a random serial number"
    )
    func issues() throws {
        var fleet = try SampleFleet()
        let key = try Sample.key(2)
        let certificate = try fleet.issue(key)
        #expect(certificate.publicKey == key.publicKey)
        #expect(certificate.facts == (try Sample.provenFacts()))
        #expect(certificate.validity == Sample.now.addingTimeInterval(-60)...Sample.now.addingTimeInterval(86400))
        #expect((500...900).contains(certificate.der.count), "\(certificate.der.count) bytes")
        var serials = Set([certificate.serial])
        for _ in 0..<50 { serials.insert(try fleet.issue(key).serial) }
        #expect(serials.count == 51)
        // Two digits per byte: 20 bytes, positive.
        #expect(serials.allSatisfy { $0.description.count == 40 && $0.description.first?.hexDigitValue ?? 8 < 8 })
        #expect(try IdentityCertificate(der: certificate.der) == certificate)
    }

    @Test("the longest facts that fit a certificate pass, and longer ones are refused at issuance")
    func longest() throws {
        var fleet = try SampleFleet()
        func facts(_ addresses: Int) throws -> Facts {
            let prefixes = try (1...addresses).map { try #require(IPPrefix("fd78::\($0)")) }
            return try Sample.facts { facts in
                for name in FactName.allCases { facts[name] = Fact(String(repeating: "v", count: 64), .stated) }
                facts.addresses = Fact(prefixes, .stated)
            }
        }
        #expect(try fleet.issue(Sample.key(2), facts: facts(1)).der.count <= IdentityCertificate.byteLimit)
        let refused = try #require(problem { try fleet.issue(Sample.key(2), facts: facts(16)) })
        #expect(refused.contains("expected at most 1000"), "\(refused)")
    }

    @Test("verified facts override the request's, and verified addresses are added")
    func verifiedFacts() throws {
        var fleet = try SampleFleet()
        var random = SeededRandom(seed: 4)
        let verified = Facts(
            [.instanceID: Fact("i-0b", .signedDocument), .zone: Fact("", .signedDocument)],
            addresses: Fact([try #require(IPPrefix("10.78.0.9"))], .stated))
        let certificate = try fleet.authority.issue(
            request(Sample.key(2)), verified: verified, at: Sample.now, using: &random)
        #expect(certificate.uri[.instanceID] == "i-0b")
        #expect(certificate.uri[.zone] == "us-east-1a")
        #expect(certificate.addresses.map(\.description) == Sample.addresses + ["10.78.0.9"])
        #expect(try fleet.issue(Sample.key(2)).uri[.instanceID] == "i-0a")
    }

    @Test("an identity expires no later than its authority, and an authority outside its validity issues none")
    func authorityValidity() throws {
        var random = SeededRandom(seed: 4)
        let authority = try CertificateAuthority(
            creatingRootOf: Sample.fleet, key: Sample.key(1), lifetime: 3600, at: Sample.now, using: &random)
        func issue(after seconds: TimeInterval) throws -> IdentityCertificate {
            try authority.issue(
                request(Sample.key(2)), at: Sample.now.addingTimeInterval(seconds), using: &random)
        }
        #expect(try issue(after: 0).validity == authority.certificate.validity)
        #expect(try issue(after: 3600).validity.upperBound == Sample.now.addingTimeInterval(3600))
        #expect(problem { try issue(after: 3601) }?.contains("an authority that is valid now") == true)
        #expect(problem { try issue(after: -61) }?.contains("an authority that is valid now") == true)
    }

    @Test("a request for another fleet or without an instance is refused")
    func wrongRequests() throws {
        let fleet = try SampleFleet()
        var random = SeededRandom(seed: 4)
        let foreign = try request(Sample.key(2), fleet: "test")
        #expect(
            problem { try fleet.authority.issue(foreign, at: Sample.now, using: &random) }
                == "a request for the fleet test; expected one for the fleet prod")
        let nameless = try request(Sample.key(2)) { $0[.instanceID] = nil }
        #expect(
            problem { try fleet.authority.issue(nameless, at: Sample.now, using: &random) }?
                .contains("without an instance ID") == true)
    }

    @Test("an authority can be read with its own key and with no other")
    func readsAgain() throws {
        let fleet = try SampleFleet()
        let again = try CertificateAuthority(certificate: fleet.authority.certificate, key: Sample.key(1))
        #expect(again.fleet == (try Sample.fleet))
        let other = problem { try CertificateAuthority(certificate: fleet.authority.certificate, key: Sample.key(2)) }
        #expect(other?.contains("the key does not belong to the certificate") == true)
    }

    @Test("every valid fleet name gives a root whose identities pass")
    func fleetNames() throws {
        for name in ["a", "prod.example.com", "eu-west_1", "10.a", String(repeating: "a", count: 63)] {
            var fleet = try SampleFleet(fleet: name)
            let certificate = try fleet.issue(Sample.key(2))
            let verifier = IdentityVerifier(fleet: fleet.authority.fleet, trust: fleet.trust)
            #expect(try reasons { try verifier.verify(certificate, at: Sample.now) }.isEmpty, "\(name)")
        }
    }
}

@Suite("Certificate signing requests")
struct SigningRequestTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func makeRequest(
        _ extensions: [String], algorithm: [String] = ["-algorithm", "ed25519"]
    ) throws -> SigningRequest {
        #expect(try openssl.run(["genpkey", "-out", "host.key"] + algorithm).status == 0)
        let lines = ["[req]", "distinguished_name=dn", "req_extensions=ext", "[dn]", "[ext]"] + extensions
        try openssl.scratch.write(lines.map { $0 + "\n" }.joined(), to: "host.cnf")
        try openssl.make(
            "req", "-new", "-key", "host.key", "-subj", "/CN=host", "-config", "host.cnf", "-out", "host.csr")
        return try SigningRequest.read(openssl.path("host.csr"))
    }

    @Test("a request made by openssl is read")
    func readsOpenSSL() throws {
        let request = try makeRequest(Sample.extensions)
        #expect(request.uri.description == Sample.uri)
        #expect(request.addresses.map(\.description) == Sample.addresses)
        #expect(try IdentityKeyFile.read(openssl.path("host.key")).publicKey == request.publicKey)
    }

    @Test("openssl verifies our requests and finds the names from the facts")
    func opensslReads() throws {
        let request = try SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: Sample.key(1))
        try openssl.write(request.pem, to: "host.csr")
        let text = try openssl.make("req", "-in", "host.csr", "-verify", "-noout", "-text")
        #expect(text.contains("URI:\(Sample.uri), IP Address:10.78.0.1, IP Address:FD78:0:0:0:0:0:0:1"), "\(text)")
        #expect(text.contains("CN = i-0a"))
        #expect(try SigningRequest.read(openssl.path("host.csr")) == request)
    }

    @Test(
        "a request without a URI, with a name of another type or with another type of key is refused",
        arguments: [
            (["subjectAltName=IP:10.78.0.1"], "it has no URI"), (["keyUsage=digitalSignature"], "it has no URI"),
            ([Sample.extensions[0] + ",DNS:a"], "it has a DNS name"),
        ])
    func refused(extensions: [String], observed: String) {
        #expect(problem { try makeRequest(extensions) }?.contains(observed) == true)
        let otherKind = problem { try makeRequest(Sample.extensions, algorithm: ["-algorithm", "RSA"]) }
        #expect(otherKind?.contains("expected an Ed25519 key") == true)
    }

    @Test("only the names and the key of a request are used, whatever else it requests")
    func otherExtensions() throws {
        let request = try makeRequest([
            Sample.extensions[0], "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
            "extendedKeyUsage=codeSigning", "1.2.3.4=critical,ASN1:UTF8String:unknown",
        ])
        var random = SeededRandom(seed: 4)
        let certificate = try SampleFleet().authority.issue(request, at: Sample.now, using: &random)
        try openssl.write(certificate.pem, to: "host.pem")
        let text = try openssl.make("x509", "-in", "host.pem", "-noout", "-text")
        #expect(text.contains("Digital Signature\n"))
        for asked in ["CA:TRUE", "Certificate Sign", "CRL Sign", "Code Signing", "1.2.3.4"] {
            #expect(!text.contains(asked), "\(text)")
        }
    }

    @Test("a request that its own key did not sign, or that was changed, is refused")
    func possession() throws {
        let request = try SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: Sample.key(1))
        func read(_ der: [UInt8]) throws -> SigningRequest {
            let base64 = Data(der).base64EncodedString()
            let pem = "-----BEGIN CERTIFICATE REQUEST-----\n\(base64)\n-----END CERTIFICATE REQUEST-----\n"
            return try SigningRequest(pem: Array(pem.utf8), source: "host.csr")
        }
        #expect(try read(request.der) == request)
        // Replace the id by another of the same length, everywhere.
        let id = Array("i-0a".utf8)
        let places = request.der.indices.filter { request.der[$0...].starts(with: id) }
        #expect(places.count == 2)
        for place in places {
            var changed = request.der
            changed[place + 3] = UInt8(ascii: "b")
            #expect(problem { try read(changed) }?.contains("not by the request's own key") == true)
        }
        // Replace the signer's key by another.
        let other = try Sample.key(2).publicKey
        let place = try #require(request.der.indices.first { request.der[$0...].starts(with: request.publicKey) })
        var swapped = request.der
        swapped.replaceSubrange(place..<place + 32, with: other)
        #expect(problem { try read(swapped) }?.contains("not by the request's own key") == true)
    }

    @Test("facts and addresses that a certificate cannot contain are refused")
    func unfit() throws {
        let key = try Sample.key(1)
        func make(_ change: (inout Facts) -> Void) -> String? {
            problem { try SigningRequest(facts: Sample.facts(change), fleet: Sample.fleet, key: key) }
        }
        #expect(make { $0[.vpc] = Fact("vpc/0a", .stated) }?.contains("the vpc \"vpc/0a\" is not valid") == true)
        let network = IPPrefix("10.78.0.0/24")
        let wide = make { $0.addresses = network.map { Fact([$0], .stated) } }
        #expect(wide?.contains("the prefix 10.78.0.0/24") == true)
        #expect(make { $0.addresses = nil } == nil)
    }
}
