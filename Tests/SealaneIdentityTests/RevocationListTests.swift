import Foundation
import SealaneEligibility
import SealaneIdentity
import Testing

@Suite("Revocation lists")
struct RevocationListTests {
    private var fleet: SampleFleet

    init() throws { fleet = try SampleFleet() }

    private func read(_ text: String, fleet name: String = "prod", trust: TrustBundle? = nil) throws -> RevocationList {
        try RevocationList(
            text: Array(text.utf8), source: "revoked", fleet: TrustDomain(fleet: name), trust: trust ?? fleet.trust,
            at: Sample.now)
    }

    private func text(_ list: RevocationList) -> String { String(decoding: list.text, as: UTF8.self) }

    @Test("a list survives the round trip through its documented text, whose signature openssl verifies")
    func roundTrip() throws {
        let serials: Set<CertificateSerial> = [
            try #require(CertificateSerial("4A:01")), try #require(CertificateSerial("ff")),
        ]
        let list = try fleet.authority.revocationList(
            after: nil, revoking: serials, instances: ["i-0b", "i-0a"], at: Sample.now)
        let lines = text(list).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(
            lines.dropLast(2) == [
                "sealane revocation list 1", "fleet prod", "number 1", "issued 2026-11-21T15:00:00Z", "serial ff",
                "serial 4a01", "instance i-0a", "instance i-0b",
            ])
        #expect(lines.last == "")
        #expect(try read(text(list)) == list)

        let openssl = try OpenSSL()
        try openssl.write(fleet.authority.certificate.pem, to: "ca.pem")
        try openssl.make("x509", "-in", "ca.pem", "-pubkey", "-noout", "-out", "ca.pub")
        let signature = try #require(lines[lines.count - 2].split(separator: " ").last)
        try openssl.write([UInt8](try #require(Data(base64Encoded: String(signature)))), to: "signature")
        try openssl.write(Array(lines.dropLast(2).map { $0 + "\n" }.joined().utf8), to: "message")
        let verified = try openssl.run(
            "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "ca.pub", "-sigfile", "signature", "-in", "message")
        #expect(verified.status == 0, "\(verified)")
    }

    @Test("only the listed serial number and instance are revoked")
    mutating func revokes() throws {
        let key = try Sample.key(2)
        let certificate = try fleet.issue(key)
        let renewed = try fleet.issue(key)
        let other = try fleet.issue(key, facts: Sample.facts { $0[.instanceID] = Fact("i-0ab", .stated) })
        let bySerial = try fleet.authority.revocationList(after: nil, revoking: [certificate.serial], at: Sample.now)
        #expect([certificate, renewed, other].map(bySerial.revokes) == [true, false, false])
        let byInstance = try fleet.authority.revocationList(after: nil, instances: ["i-0a"], at: Sample.now)
        #expect([certificate, renewed, other].map(byInstance.revokes) == [true, true, false])
        let empty = try fleet.authority.revocationList(after: nil, at: Sample.now)
        #expect([certificate, renewed, other].map(empty.revokes) == [false, false, false])

        let refused = try reasons { try fleet.verifier(bySerial).verify(certificate, at: Sample.now) }
        #expect(refused.map(\.code) == [.certificateRevoked])
        let observed = "the serial number \(certificate.serial) is in list 1 of 2026-11-21T15:00:00Z"
        #expect(refused.first?.observed == observed)
        #expect(try reasons { try fleet.verifier(bySerial).verify(renewed, at: Sample.now) }.isEmpty)
    }

    @Test("a later list contains the earlier revocations and replaces the earlier list, but not the reverse")
    func newer() throws {
        let first = try fleet.authority.revocationList(after: nil, instances: ["i-0a"], at: Sample.now)
        let second = try fleet.authority.revocationList(after: first, instances: ["i-0b"], at: Sample.now)
        #expect(second.number == 2)
        #expect(second.instances == ["i-0a", "i-0b"])
        try second.checkReplaces(first)
        try second.checkReplaces(second)
        #expect(problem { try first.checkReplaces(second) }?.contains("a list with a higher number") == true)
        // Another list with the same number is a contradiction.
        let twin = try fleet.authority.revocationList(after: first, instances: ["i-0c"], at: Sample.now)
        #expect(throws: IdentityProblem.self) { try twin.checkReplaces(second) }
    }

    @Test("only a list of this fleet by an authority of the bundle is accepted")
    func trusted() throws {
        let list = try fleet.authority.revocationList(after: nil, instances: ["i-0a"], at: Sample.now)
        let stranger = try SampleFleet(seed: 7)
        let forged = try stranger.authority.revocationList(after: nil, at: Sample.now)
        #expect(
            problem { try read(text(forged)) }?.contains("no authority of the trust bundle made the signature") == true)
        #expect(problem { try read(text(list), fleet: "test") }?.contains("a list of the fleet prod") == true)
        // With several roots, each may sign lists.
        let both = try TrustBundle(
            pem: fleet.authority.certificate.pem + stranger.authority.certificate.pem, source: "bundle")
        for list in [list, forged] { #expect(try read(text(list), trust: both) == list) }
    }

    @Test("every changed byte and every added or removed line is refused")
    func strict() throws {
        let serial = try #require(CertificateSerial("4a01"))
        let list = try fleet.authority.revocationList(
            after: nil, revoking: [serial], instances: ["i-0a"], at: Sample.now)
        for index in list.text.indices {
            for change in [1, 0x20, 0x80] as [UInt8] {
                var bytes = list.text
                bytes[index] ^= change
                #expect(throws: IdentityError.self) {
                    try RevocationList(
                        text: bytes, source: "revoked", fleet: Sample.fleet, trust: fleet.trust, at: Sample.now)
                }
            }
        }
        let whole = text(list)
        let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
        for index in lines.indices.dropLast() {
            #expect(throws: IdentityError.self) {
                try read((lines[..<index] + lines[(index + 1)...]).joined(separator: "\n"))
            }
            #expect(throws: IdentityError.self) {
                try read((lines[...index] + lines[index...]).joined(separator: "\n"))
            }
        }
        for wrong in [whole + "\n", String(whole.dropLast()), "\n" + whole, whole + whole, " " + whole, ""] {
            #expect(throws: IdentityError.self) { try read(wrong) }
        }
    }
}

@Suite("Serial numbers")
struct CertificateSerialTests {
    @Test(
        "a serial number is read as tools print it and has one canonical spelling",
        arguments: [("4A01", "4a01"), ("4a:01", "4a01"), ("1", "01"), ("00", "00"), ("0012", "12"), ("FF", "ff")])
    func reads(text: String, spelling: String) throws {
        let serial = try #require(CertificateSerial(text))
        #expect(serial.description == spelling)
        #expect(CertificateSerial(spelling) == serial)
    }

    @Test("serial numbers are ordered numerically")
    func order() {
        let serials = ["4a02", "ff", "014a01", "00", "4a01"].compactMap { CertificateSerial($0) }
        #expect(serials.sorted().map(\.description) == ["00", "ff", "4a01", "4a02", "014a01"])
    }

    @Test(
        "other text is refused, 20 bytes are accepted and 21 are not",
        arguments: ["", ":", "0x1", "g", "-1", "4a 01", String(repeating: "1", count: 42)])
    func refuses(text: String) {
        #expect(CertificateSerial(text) == nil)
        #expect(CertificateSerial(String(repeating: "1", count: 40)) != nil)
    }
}
