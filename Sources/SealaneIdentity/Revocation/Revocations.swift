import FoundationEssentials

/// The revocation lists in force on a host: those in its file, and those it remembers.
package struct Revocations: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable {
        /// In the file, and its authority may sign lists now.
        case current
        /// Not in the file, but in force because its authority is still in the trust bundle.
        case remembered
        /// In the file and accepted before, but its authority has left the trust bundle or is no longer valid.
        case retired
    }

    package struct Entry: Hashable, Sendable {
        package let list: RevocationList
        package let status: Status
    }

    package let entries: [Entry]
    /// Warnings about lists in the file that were not accepted.
    private let ignored: [String]

    /// A file contains the lists of a few authorities.
    private static var fileByteLimit: Int { 4 * RevocationList.fileByteLimit }

    package var lists: [RevocationList] { entries.map(\.list) }

    /// The oldest list among those of authorities in the trust bundle; if there are none, the newest of the others. The
    /// fleet may have revoked certificates since then without this host's knowledge.
    package var oldest: RevocationList? {
        let counting = entries.filter { $0.status != .retired }.map(\.list)
        return counting.min { $0.issuedAt < $1.issuedAt } ?? lists.max { $0.issuedAt < $1.issuedAt }
    }

    /// Reads the file at `path`: one list, or the lists of several authorities one after the other.
    ///
    /// A list is accepted if an authority of `trust` signed it, the authority belongs to this fleet, is valid now and
    /// may sign lists, and no newer list of it was in force before. A list that was already in force is always
    /// accepted. Other lists are skipped, provided that at least one current list remains: a host must be able to start
    /// after an authority expires, and must not miss revocations by the authority that replaced it.
    package static func read(
        _ path: String, fleet: TrustDomain, trust: TrustBundle, memory: RevocationMemory?, at now: Date
    ) throws(IdentityError) -> Revocations {
        let text = try IdentityError.fileContent(of: path, for: .revocationList, maximumByteCount: fileByteLimit)
        do throws(IdentityProblem) {
            return try Revocations(text, fleet: fleet, trust: trust, memory: memory, at: now)
        } catch {
            throw .content(.revocationList, source: path, line: nil, error)
        }
    }

    init(
        _ text: [UInt8], fleet: TrustDomain, trust: TrustBundle, memory: RevocationMemory?, at now: Date
    ) throws(IdentityProblem) {
        var found: [Entry] = []
        var problems: [IdentityProblem] = []
        let remembered = memory?.memories ?? [:]
        var candidates: [(list: RevocationList, signers: [AuthorityCertificate])] = []
        for part in UnverifiedRevocationList.split(text) {
            let unverified = try UnverifiedRevocationList(part, fleet: fleet)
            let signers = unverified.signers(in: trust.authorities)
            if let signer = signers.first {
                candidates.append((unverified.list(by: signer), signers))
            } else if let memory = remembered.values.first(where: { $0.text == part }) {
                found.append(Entry(list: memory.list, status: .retired))
            } else {
                problems.append(UnverifiedRevocationList.unknownSigner(trust))
            }
        }
        // A list that is not accepted revokes nothing, including signers of other lists.
        let able = candidates.filter { candidate in
            candidate.signers.contains {
                trust.problem(withListsBy: $0, of: fleet, revocations: [], at: now) == nil
            }
        }.map(\.list)
        for (list, signers) in candidates {
            if let before = remembered[list.signer]?.list { try list.checkReplaces(before) }
            if let other = candidates.first(where: { $0.list.signer == list.signer && $0.list != list }) {
                throw IdentityProblem(
                    "\(list.title), and also \(other.list.name)", required: "one list per authority")
            }
            if found.contains(where: { $0.list == list }) { continue }
            let others = able.filter { $0.signer != list.signer }
            var problem: IdentityProblem?
            for signer in signers {
                problem = trust.problem(withListsBy: signer, of: fleet, revocations: others, at: now)
                if problem == nil { break }
            }
            if let problem {
                guard remembered[list.signer]?.text == list.text else {
                    problems.append(problem)
                    continue
                }
                found.append(Entry(list: list, status: .retired))
            } else {
                found.append(Entry(list: list, status: .current))
            }
        }
        if let first = problems.first, !found.contains(where: { $0.status == .current }) { throw first }
        ignored = problems.map { "a list in the revocation list file is ignored: \($0)" }
        for memory in remembered.values where !found.contains(where: { $0.list.signer == memory.list.signer }) {
            // Verify it again: the file may be damaged.
            let unverified = UnverifiedRevocationList(memory.list)
            guard let signer = unverified.signers(in: trust.authorities).first,
                signer.keyIdentifier == memory.list.signer
            else { continue }
            found.append(Entry(list: unverified.list(by: signer), status: .remembered))
        }
        entries = found.sorted { ($0.list.signerName, $0.list.signer) < ($1.list.signerName, $1.list.signer) }
    }

    /// Warnings about lists that are valid.
    package var warnings: [String] {
        ignored
            + entries.compactMap { entry in
                switch entry.status {
                case .current: nil
                case .remembered:
                    "\(entry.list.title) is not in the revocation list file; it stays in force while its authority "
                        + "is in the trust bundle"
                case .retired:
                    "\(entry.list.title) is by an authority that is not in the trust bundle or may not sign lists now: "
                        + "replace it with the list of the authority that took over"
                }
            }
    }
}

extension UnverifiedRevocationList {
    fileprivate init(_ list: RevocationList) {
        content = list.content
        signature = list.signature
    }
}
