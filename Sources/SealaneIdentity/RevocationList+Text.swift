import FoundationEssentials
import SealaneTunnel

// The file, one fact a line, the signature over all lines above its own:
//
//   sealane revocation list 1
//   fleet prod
//   number 7
//   issued 2026-11-21T15:00:00Z
//   serial 4a...      as many as there are, in ascending order
//   instance i-0a     likewise
//   signature BASE64
//
// A list has exactly one text. It begins like no certificate, certificate request or static key signature.
extension RevocationList {
    /// Reads a list and verifies that one of the authorities of `trust` signed it for `fleet`.
    ///
    /// - Parameter source: where the text is from, for errors.
    public init(
        text: [UInt8], source: String, fleet: TrustDomain, trust: TrustBundle
    ) throws(IdentityError) {
        do throws(IdentityProblem) {
            self = try Self.parse(text)
            guard self.text == text else {
                throw IdentityProblem(
                    "a list in another spelling", required: "what `sealane ca revoke` prints, to the byte")
            }
            guard self.fleet == fleet else {
                throw IdentityProblem("a list of the fleet \(self.fleet)", required: "one of the fleet \(fleet)")
            }
            guard isSigned(by: trust) else {
                throw IdentityProblem(
                    "the signature is by no authority of the trust bundle",
                    required: "one by an Ed25519 key of: \(trust.authorities.map(\.subject).joined(separator: "; "))")
            }
        } catch {
            throw .content(.revocationList, source: source, line: nil, error)
        }
    }

    public static func read(
        _ path: String, fleet: TrustDomain, trust: TrustBundle
    ) throws(IdentityError) -> RevocationList {
        let text = try IdentityError.fileContent(of: path, for: .revocationList, maximumByteCount: fileByteLimit)
        return try RevocationList(text: text, source: path, fleet: fleet, trust: trust)
    }

    /// The file's whole content.
    public var text: [UInt8] {
        let base64 = signature.withUnsafeBytes { Base64.encode($0) }
        return Self.body(fleet, number, issuedAt, serials, instances) + Array("signature ".utf8) + base64
            + [UInt8(ascii: "\n")]
    }

    static func body(
        _ fleet: TrustDomain, _ number: UInt64, _ issuedAt: Date, _ serials: Set<CertificateSerial>,
        _ instances: Set<String>
    ) -> [UInt8] {
        let lines =
            [header, "fleet \(fleet)", "number \(number)", "issued \(issuedAt.text)"]
            + serials.sorted().map { "serial \($0)" } + instances.sorted().map { "instance \($0)" }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    private static var header: String { "sealane revocation list 1" }

    private func isSigned(by trust: TrustBundle) -> Bool {
        let body = Self.body(fleet, number, issuedAt, serials, instances)
        return trust.authorities.contains { $0.signingKey?.isValidSignature(signature, for: body) ?? false }
    }

    /// Takes in what can be understood; whether it is in its one spelling is for the caller to see.
    private static func parse(_ text: [UInt8]) throws(IdentityProblem) -> RevocationList {
        func problem(_ what: String) -> IdentityProblem {
            IdentityProblem(what, required: "what `sealane ca revoke` prints")
        }
        guard let text = String(validating: text, as: UTF8.self) else { throw problem("bytes that are no text") }
        var lines = text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }[...]
        func value(_ key: String) throws(IdentityProblem) -> String {
            guard let line = lines.first, line.count == 2, line[0] == key else { throw problem("no line \"\(key)\"") }
            lines = lines.dropFirst()
            return line[1]
        }
        guard try "sealane " + value("sealane") == header else { throw problem("a list of another version") }
        let fleet = try TrustDomain(fleet: try value("fleet"))
        guard let number = UInt64(try value("number")), number > 0 else { throw problem("a number that is none") }
        guard let issuedAt = try? Date(try value("issued"), strategy: .iso8601) else {
            throw problem("a time that is none")
        }
        var serials: Set<CertificateSerial> = []
        while lines.first?.first == "serial" {
            guard let serial = CertificateSerial(try value("serial")) else { throw problem("a serial that is none") }
            serials.insert(serial)
        }
        var instances: Set<String> = []
        while lines.first?.first == "instance" {
            let instance = try value("instance")
            guard InstanceURI.isValue(instance) else { throw problem("an instance that is none") }
            instances.insert(instance)
        }
        let base64 = Array(try value("signature").utf8)
        var signature = [UInt8](repeating: 0, count: signatureByteCount)
        let isDecoded = signature.withUnsafeMutableBytes { signature in
            base64.withUnsafeBytes { Base64.decode($0, into: signature) }
        }
        guard isDecoded, lines.isEmpty else { throw problem("no signature of \(signatureByteCount) bytes at the end") }
        return RevocationList(
            fleet: fleet, number: number, issuedAt: issuedAt, serials: serials, instances: instances,
            signature: signature)
    }
}
