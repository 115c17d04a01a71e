import Foundation
import SealaneIdentity
import TestSupport
import Testing

@Suite("The certificates that sign instance identity documents")
struct RegionCertificateTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    @Test("each of the 39 Regions has the certificate that AWS publishes")
    func published() throws {
        let folder = try #require(Bundle.module.resourceURL).appending(path: "Data/instance-identity/certificates")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files.count == 39)
        #expect(RegionCertificates.aws.regions == files.map { String($0.dropLast(4)) })
        for region in RegionCertificates.aws.regions {
            let content = try InstanceIdentityVector.certificate(of: region)
            let certificate = try RegionCertificate(fileContent: content, source: region)
            #expect(RegionCertificates.aws[region] == certificate, "\(region)")
        }
    }

    @Test("the certificates of different Regions differ")
    func distinct() {
        let regions = RegionCertificates.aws.regions
        for (index, region) in regions.enumerated() {
            for other in regions[(index + 1)...] {
                #expect(RegionCertificates.aws[region] != RegionCertificates.aws[other], "\(region), \(other)")
            }
        }
    }

    @Test("a document is refused by its signer if only another Region's certificate is known")
    func otherRegion() throws {
        let vector = InstanceIdentityVector.all[0]
        for region in RegionCertificates.aws.regions where region != vector.region {
            var certificates = RegionCertificates()
            try certificates.add(try #require(RegionCertificates.aws[region]), region: vector.region)
            let refusal = try #require(refusal(of: try vector.blob, with: certificates))
            #expect(refusal.check == .signer)
            #expect(refusal.observed.contains("00b64bde5ad00924cc"))
            #expect(refusal.required.contains(vector.region))
        }
    }

    @Test("a document of a Region without a certificate is refused")
    func unknownRegion() throws {
        let refusal = try #require(refusal(of: try InstanceIdentityVector.all[0].blob, with: RegionCertificates()))
        #expect(refusal.check == .region)
        #expect(refusal.observed.contains("us-west-2"))
    }

    @Test("a Region with a certificate does not accept a second one")
    func knownRegion() throws {
        var certificates = RegionCertificates.aws
        let certificate = try #require(RegionCertificates.aws["us-east-1"])
        #expect(throws: RegionCertificateError.known(region: "us-west-2")) {
            try certificates.add(certificate, region: "us-west-2")
        }
        #expect(certificates["us-west-2"] == RegionCertificates.aws["us-west-2"])
    }

    @Test(
        "text that is not a Region name is refused",
        arguments: ["", "US-EAST-1", "us east 1", "us-east-1\n", "us_east_1", String(repeating: "a", count: 65), "é"])
    func notRegion(name: String) throws {
        var certificates = RegionCertificates()
        let certificate = try #require(RegionCertificates.aws["us-east-1"])
        #expect(throws: RegionCertificateError.notRegion(name)) { try certificates.add(certificate, region: name) }
    }

    @Test("a certificate is read from its file")
    func file() throws {
        let text = String(decoding: try InstanceIdentityVector.certificate(of: "eu-west-1"), as: UTF8.self)
        let path = try scratch.write(text, to: "eu-west-1.pem", mode: 0o644)
        #expect(try RegionCertificate.read(path) == RegionCertificates.aws["eu-west-1"])
    }

    @Test(
        "another type or size of key is refused, even in a valid certificate",
        arguments: [
            ["rsa:1024"], ["rsa:3072"], ["rsa:4096"], ["ed25519"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ])
    func otherKeys(algorithm: [String]) throws {
        let openssl = try OpenSSL()
        let outcome = try openssl.run(
            ["req", "-x509", "-newkey"] + algorithm
                + ["-nodes", "-subj", "/CN=region", "-keyout", "key.pem", "-out", "certificate.pem"])
        try #require(outcome.status == 0, "\(outcome)")
        let path = openssl.path("certificate.pem")
        #expect(throws: RegionCertificateError.self) { try RegionCertificate.read(path) }
    }

    @Test("a file that is missing, too large or not a certificate is refused with its path")
    func badFiles() throws {
        let pem = String(decoding: try InstanceIdentityVector.certificate(of: "eu-west-1"), as: UTF8.self)
        let body = pem.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")
        let texts = [
            "", "\n", body, pem + pem, String(pem.dropLast(30)), pem.replacing("CERTIFICATE", with: "PUBLIC KEY"),
            pem.replacing("MIIEEjCC", with: "MIIEEzCC"), String(repeating: "a", count: 16385),
        ]
        var paths = [scratch.path("missing.pem"), scratch.root]
        for (index, text) in texts.enumerated() {
            paths.append(try scratch.write(text, to: "\(index).pem"))
        }
        for path in paths {
            do {
                _ = try RegionCertificate.read(path)
                Issue.record("\(path) was accepted")
            } catch {
                #expect(error.description.contains(path))
            }
        }
    }
}
