import FoundationEssentials
import SealaneTunnel

/// A parsed revocation list whose signature has not been verified.
struct UnverifiedRevocationList {
    let content: RevocationList.Content
    let signature: [UInt8]

    static var header: String { "sealane revocation list " }

    /// Parses a list of `fleet`. Accepts only its canonical text.
    init(_ text: [UInt8], fleet: TrustDomain) throws(IdentityProblem) {
        try self.init(text)
        guard RevocationList.text(content, signature) == text else {
            throw IdentityProblem(
                "a list in another spelling", required: "exactly the text that `sealane ca revoke` prints")
        }
        guard content.fleet == fleet else {
            throw IdentityProblem("a list of the fleet \(content.fleet)", required: "a list of the fleet \(fleet)")
        }
    }

    /// The texts of the lists in a file. A text without a header is one malformed list.
    static func split(_ text: [UInt8]) -> [[UInt8]] {
        let head = Array(header.utf8)
        var parts: [[UInt8]] = []
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if parts.isEmpty || line.starts(with: head) { parts.append([]) }
            parts[parts.count - 1] += line + [UInt8(ascii: "\n")]
        }
        // Splitting adds a newline after the last part; remove it again.
        if var last = parts.popLast() {
            last.removeLast()
            parts.append(last)
        }
        return parts
    }

    /// The authorities whose key verifies the signature.
    func signers(in authorities: [AuthorityCertificate]) -> [AuthorityCertificate] {
        let body = RevocationList.body(content)
        return authorities.filter { $0.signingKey?.isValidSignature(signature, for: body) ?? false }
    }

    func list(by authority: AuthorityCertificate) -> RevocationList {
        RevocationList(
            content, signature: signature, signer: authority.keyIdentifier, signerName: authority.subject)
    }

    static func unknownSigner(_ trust: TrustBundle) -> IdentityProblem {
        IdentityProblem(
            "no authority of the trust bundle made the signature",
            required: "a signature by an Ed25519 key of: \(trust.authorities.map(\.title).joined(separator: "; "))")
    }

    /// Parses leniently; the caller compares with the canonical text.
    private init(_ text: [UInt8]) throws(IdentityProblem) {
        func problem(_ what: String) -> IdentityProblem {
            IdentityProblem(what, required: "the text that `sealane ca revoke` prints")
        }
        guard let text = String(validating: text, as: UTF8.self) else { throw problem("bytes that are not UTF-8") }
        var lines = text.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }[...]
        func value(_ key: String) throws(IdentityProblem) -> String {
            guard let line = lines.first, line.count == 2, line[0] == key else { throw problem("no line \"\(key)\"") }
            lines = lines.dropFirst()
            return line[1]
        }
        let version = try "sealane " + value("sealane")
        guard ["1", "2"].contains(where: { version == Self.header + $0 }) else {
            throw problem("a list of another version")
        }
        let fleet = try TrustDomain(fleet: try value("fleet"))
        guard let number = UInt64(try value("number")), number > 0 else { throw problem("an invalid number") }
        guard let issuedAt = try? Date(try value("issued"), strategy: .iso8601) else {
            throw problem("an invalid time")
        }
        var content = RevocationList.Content(fleet: fleet, number: number, issuedAt: issuedAt)
        while lines.first?.first == "serial" {
            let parts = try value("serial").split(separator: " ").map(String.init)
            guard let serial = parts.first.flatMap({ CertificateSerial($0) }) else {
                throw problem("an invalid serial number")
            }
            if parts.count == 1 {
                content.serials.insert(serial)
            } else if parts.dropFirst() == ["issuer", "any"] {
                content.anySerials.insert(serial)
            } else {
                guard parts.count == 3, parts[1] == "issuer", let issuer = KeyIdentifier(parts[2]) else {
                    throw problem("an invalid issuer")
                }
                content.issuedSerials.insert(RevocationList.IssuedSerial(serial, issuer: issuer))
            }
        }
        while lines.first?.first == "instance" {
            let instance = try value("instance")
            guard InstanceURI.isValue(instance) else { throw problem("an invalid instance") }
            content.instances.insert(instance)
        }
        let base64 = Array(try value("signature").utf8)
        var signature = [UInt8](repeating: 0, count: RevocationList.signatureByteCount)
        let isDecoded = signature.withUnsafeMutableBytes { signature in
            base64.withUnsafeBytes { Base64.decode($0, into: signature) }
        }
        guard isDecoded, lines.isEmpty else {
            throw problem("no signature of \(RevocationList.signatureByteCount) bytes at the end")
        }
        self.content = content
        self.signature = signature
    }
}
