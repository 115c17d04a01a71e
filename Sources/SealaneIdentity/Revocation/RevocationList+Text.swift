import FoundationEssentials
import SealaneTunnel

// A list's text, one entry per line. The signature covers all lines before its own:
//
//   sealane revocation list 1
//   fleet prod
//   number 7
//   issued 2026-11-21T15:00:00Z
//   serial 4a...                  any number of lines, in ascending order
//   serial 4a... issuer 9f...     likewise: certificates of one authority, by its key identifier
//   serial 4a... issuer any       likewise: certificates of any authority
//   instance i-0a                 likewise
//   signature BASE64
//
// The version is 2 if any line has an issuer, otherwise 1. Programs that know only version 1 refuse version 2. Each
// list has exactly one text. Its first line differs from the beginning of every certificate, certificate request and
// static key signature. A file may contain the lists of several authorities, one after the other.
extension RevocationList {
    /// Reads one list. Verifies that an authority of `trust` signed it for `fleet`, and that the authority belongs to
    /// this fleet, is valid now and may sign lists.
    ///
    /// - Parameter source: the origin of the text, for errors.
    package init(
        text: [UInt8], source: String, fleet: TrustDomain, trust: TrustBundle, at now: Date
    ) throws(IdentityError) {
        do throws(IdentityProblem) {
            let unverified = try UnverifiedRevocationList(text, fleet: fleet)
            let signers = unverified.signers(in: trust.authorities)
            guard let first = signers.first else { throw UnverifiedRevocationList.unknownSigner(trust) }
            var problem: IdentityProblem?
            for signer in signers {
                problem = trust.problem(withListsBy: signer, of: fleet, revocations: [], at: now)
                if problem == nil { break }
            }
            if let problem { throw problem }
            self = unverified.list(by: first)
        } catch {
            throw .content(.revocationList, source: source, line: nil, error)
        }
    }

    /// The complete text of the list.
    package var text: [UInt8] { Self.text(content, signature) }

    static func text(_ content: Content, _ signature: [UInt8]) -> [UInt8] {
        let base64 = signature.withUnsafeBytes { Base64.encode($0) }
        return body(content) + Array("signature ".utf8) + base64 + [UInt8(ascii: "\n")]
    }

    static func body(_ content: Content) -> [UInt8] {
        let head = [
            UnverifiedRevocationList.header + (content.issuedSerials.isEmpty && content.anySerials.isEmpty ? "1" : "2"),
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
