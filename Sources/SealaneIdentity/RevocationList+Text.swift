import FoundationEssentials
import SealaneTunnel

// The file, one fact a line, the signature over all lines above its own:
//
//   sealane revocation list 1
//   fleet prod
//   number 7
//   issued 2026-11-21T15:00:00Z
//   serial 4a...                  as many as there are, in ascending order
//   serial 4a... issuer 9f...     likewise: certificates of one authority, by its key identifier
//   serial 4a... issuer any       likewise: whoever issued the certificate
//   instance i-0a                 likewise
//   signature BASE64
//
// The version is 2 if there is a line with an issuer, which programs that know version 1 alone cannot read, and else 1.
// A list has exactly one text. It begins like no certificate, certificate request or static key signature. Lists of
// several authorities stand in one file one after the other.
extension RevocationList {
    /// Reads one list and verifies that an authority of `trust` signed it for `fleet`: one that is of this fleet, is valid
    /// now and may sign lists.
    ///
    /// - Parameter source: where the text is from, for errors.
    public init(
        text: [UInt8], source: String, fleet: TrustDomain, trust: TrustBundle, at now: Date
    ) throws(IdentityError) {
        do throws(IdentityProblem) {
            let unsigned = try UnsignedList(text, fleet: fleet)
            let signers = unsigned.signers(in: trust.authorities)
            guard let first = signers.first else { throw UnsignedList.unknownSigner(trust) }
            var problem: IdentityProblem?
            for signer in signers {
                problem = trust.problem(withListsBy: signer, of: fleet, revocations: [], at: now)
                if problem == nil { break }
            }
            if let problem { throw problem }
            self = unsigned.list(by: first)
        } catch {
            throw .content(.revocationList, source: source, line: nil, error)
        }
    }

    /// The list's whole text.
    public var text: [UInt8] { Self.text(content, signature) }

    fileprivate static func text(_ content: Content, _ signature: [UInt8]) -> [UInt8] {
        let base64 = signature.withUnsafeBytes { Base64.encode($0) }
        return body(content) + Array("signature ".utf8) + base64 + [UInt8(ascii: "\n")]
    }

    static func body(_ content: Content) -> [UInt8] {
        let head = [
            UnsignedList.header + (content.issuedSerials.isEmpty && content.anySerials.isEmpty ? "1" : "2"),
            "fleet \(content.fleet)",
            "number \(content.number)", "issued \(content.issuedAt.text)",
        ]
        let serials =
            content.serials.sorted().map { "serial \($0)" }
            + content.issuedSerials.sorted().map { "serial \($0.serial) issuer \($0.issuer)" }
            + content.anySerials.sorted().map { "serial \($0) issuer any" }
        let lines = head + serials + content.instances.sorted().map { "instance \($0)" }
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }
}

/// A list as it reads, whoever signed it.
struct UnsignedList {
    let content: RevocationList.Content
    let signature: [UInt8]

    static var header: String { "sealane revocation list " }

    /// Takes in the one spelling of a list of `fleet`.
    init(_ text: [UInt8], fleet: TrustDomain) throws(IdentityProblem) {
        try self.init(text)
        guard RevocationList.text(content, signature) == text else {
            throw IdentityProblem(
                "a list in another spelling", required: "what `sealane ca revoke` prints, to the byte")
        }
        guard content.fleet == fleet else {
            throw IdentityProblem("a list of the fleet \(content.fleet)", required: "one of the fleet \(fleet)")
        }
    }

    /// The lists of a file. A text without any is one that cannot be read.
    static func split(_ text: [UInt8]) -> [[UInt8]] {
        let head = Array(header.utf8)
        var parts: [[UInt8]] = []
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if parts.isEmpty || line.starts(with: head) { parts.append([]) }
            parts[parts.count - 1] += line + [UInt8(ascii: "\n")]
        }
        // What stands behind the last newline is no line; a part without a newline at its end must not get one.
        if var last = parts.popLast() {
            last.removeLast()
            parts.append(last)
        }
        return parts
    }

    /// Those of `authorities` whose key made the signature.
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
            "the signature is by no authority of the trust bundle",
            required: "one by an Ed25519 key of: \(trust.authorities.map(\.title).joined(separator: "; "))")
    }

    /// Takes in what can be understood; whether it is in its one spelling is for the caller to see.
    private init(_ text: [UInt8]) throws(IdentityProblem) {
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
        let version = try "sealane " + value("sealane")
        guard ["1", "2"].contains(where: { version == Self.header + $0 }) else {
            throw problem("a list of another version")
        }
        let fleet = try TrustDomain(fleet: try value("fleet"))
        guard let number = UInt64(try value("number")), number > 0 else { throw problem("a number that is none") }
        guard let issuedAt = try? Date(try value("issued"), strategy: .iso8601) else {
            throw problem("a time that is none")
        }
        var content = RevocationList.Content(fleet: fleet, number: number, issuedAt: issuedAt)
        while lines.first?.first == "serial" {
            let parts = try value("serial").split(separator: " ").map(String.init)
            guard let serial = parts.first.flatMap({ CertificateSerial($0) }) else {
                throw problem("a serial that is none")
            }
            if parts.count == 1 {
                content.serials.insert(serial)
            } else if parts.dropFirst() == ["issuer", "any"] {
                content.anySerials.insert(serial)
            } else {
                guard parts.count == 3, parts[1] == "issuer", let issuer = KeyIdentifier(parts[2]) else {
                    throw problem("an issuer that is none")
                }
                content.issuedSerials.insert(RevocationList.IssuedSerial(serial, issuer: issuer))
            }
        }
        while lines.first?.first == "instance" {
            let instance = try value("instance")
            guard InstanceURI.isValue(instance) else { throw problem("an instance that is none") }
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
