import FoundationEssentials

/// The revocation lists in force on a host: those of its file, and those that it remembers.
public struct Revocations: Hashable, Sendable {
    public enum Standing: String, Hashable, Sendable {
        /// In the file, by an authority that may sign lists now.
        case current
        /// Not in the file. In force since its authority is still in the trust bundle.
        case remembered
        /// In the file, and taken before; its authority has left the trust bundle or is no longer valid.
        case retired
    }

    public struct Entry: Hashable, Sendable {
        public let list: RevocationList
        public let standing: Standing
    }

    public let entries: [Entry]
    /// What people should know of lists in the file that were not taken.
    private let leftOut: [String]

    /// A file has the lists of a few authorities.
    private static var fileByteLimit: Int { 4 * RevocationList.fileByteLimit }

    public var lists: [RevocationList] { entries.map(\.list) }

    /// The oldest list that an authority of the trust bundle has issued; without any, the latest of the others. Its age is
    /// what the fleet may have revoked since then without this host's knowledge.
    public var oldest: RevocationList? {
        let counting = entries.filter { $0.standing != .retired }.map(\.list)
        return counting.min { $0.issuedAt < $1.issuedAt } ?? lists.max { $0.issuedAt < $1.issuedAt }
    }

    /// Reads the file at `path`: one list, or one after the other those of several authorities.
    ///
    /// A list is taken if an authority of `trust` has signed it that is of this fleet, is valid now and may sign lists, and
    /// if no newer list of it was in force before. One that was in force itself is taken in any case, and one that is not
    /// taken is left out where another is: no host must be unable to start because an authority has come to its end, or miss
    /// what the authority that took over has revoked.
    public static func read(
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
        for part in UnsignedList.split(text) {
            let unsigned = try UnsignedList(part, fleet: fleet)
            let signers = unsigned.signers(in: trust.authorities)
            if let signer = signers.first {
                candidates.append((unsigned.list(by: signer), signers))
            } else if let memory = remembered.values.first(where: { $0.text == part }) {
                found.append(Entry(list: memory.list, standing: .retired))
            } else {
                problems.append(UnsignedList.unknownSigner(trust))
            }
        }
        // A list that cannot be taken revokes nothing, the signers of other lists included.
        let able = candidates.filter { candidate in
            candidate.signers.contains {
                trust.problem(withListsBy: $0, of: fleet, revocations: [], at: now) == nil
            }
        }.map(\.list)
        for (list, signers) in candidates {
            if let before = remembered[list.signer]?.list { try list.checkReplaces(before) }
            if let other = candidates.first(where: { $0.list.signer == list.signer && $0.list != list }) {
                throw IdentityProblem(
                    "\(list.title), and \(other.list.name) beside it", required: "one list of each authority")
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
                found.append(Entry(list: list, standing: .retired))
            } else {
                found.append(Entry(list: list, standing: .current))
            }
        }
        if let first = problems.first, !found.contains(where: { $0.standing == .current }) { throw first }
        leftOut = problems.map { "a list in the file of revocation lists is left out: \($0)" }
        for memory in remembered.values where !found.contains(where: { $0.list.signer == memory.list.signer }) {
            // Its key verifies it again: what is on the disk may be damaged.
            let unsigned = UnsignedList(memory.list)
            guard let signer = unsigned.signers(in: trust.authorities).first,
                signer.keyIdentifier == memory.list.signer
            else { continue }
            found.append(Entry(list: unsigned.list(by: signer), standing: .remembered))
        }
        entries = found.sorted { ($0.list.signerName, $0.list.signer) < ($1.list.signerName, $1.list.signer) }
    }

    /// What people should know of lists that are in order.
    public var warnings: [String] {
        leftOut
            + entries.compactMap { entry in
                switch entry.standing {
                case .current: nil
                case .remembered:
                    "\(entry.list.title) is not in the file of revocation lists, and stays in force for as long as this "
                        + "authority is in the trust bundle"
                case .retired:
                    "\(entry.list.title) is of an authority that is not in the trust bundle, or that may not sign lists now: "
                        + "put the list of the authority that took over in its place"
                }
            }
    }
}

extension UnsignedList {
    fileprivate init(_ list: RevocationList) {
        content = list.content
        signature = list.signature
    }
}
