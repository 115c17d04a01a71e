import FoundationEssentials
import SealaneLinux

/// The last list of each authority that was in force on this host, kept in a file. Prevents older lists from taking
/// effect after a restart. The file is replaced atomically.
package struct RevocationMemory: Hashable, Sendable {
    /// A list that was accepted, when the authority's key verified it.
    struct Memory: Hashable, Sendable {
        let text: [UInt8]
        let list: RevocationList
    }

    package let path: String
    let fleet: TrustDomain
    private(set) var memories: [KeyIdentifier: Memory]
    /// The texts in the file.
    private var written: [KeyIdentifier: [UInt8]] = [:]
    /// Lists of other fleets, to which this host belonged before.
    private let others: [Record]

    private static var fileByteLimit: Int { 64 << 20 }

    private struct File: Codable {
        var schemaVersion = 1
        var lists: [Record]
    }

    private struct Record: Codable, Hashable {
        var fleet: String
        /// The authority's key identifier.
        var authority: String
        /// The authority's name, for display.
        var name: String
        var text: String
    }

    package static func path(inStateDirectory directory: String) -> String { directory + "/revocation-lists.json" }

    /// Reads the file in an agent's state directory. Without a file, no list was ever in force.
    package init(stateDirectory: String, fleet: TrustDomain) throws(IdentityError) {
        path = Self.path(inStateDirectory: stateDirectory)
        self.fleet = fleet
        memories = [:]
        let content: [UInt8]?
        do throws(SystemError) {
            content = try AtomicFile.read(path, maximumByteCount: Self.fileByteLimit)
        } catch {
            throw .file(.revocationList, error)
        }
        guard let content else {
            others = []
            return
        }
        guard let file = try? JSONDecoder().decode(File.self, from: Data(content)), file.schemaVersion == 1 else {
            throw Self.damaged(path)
        }
        others = file.lists.filter { $0.fleet != fleet.description }
        for record in file.lists where record.fleet == fleet.description {
            let text = Array(record.text.utf8)
            guard let key = KeyIdentifier(record.authority),
                let unverified = try? UnverifiedRevocationList(text, fleet: fleet)
            else {
                throw Self.damaged(path)
            }
            let list = RevocationList(
                unverified.content, signature: unverified.signature, signer: key, signerName: record.name)
            memories[key] = Memory(text: text, list: list)
            written[key] = text
        }
    }

    /// Includes the lists in force that are newer than the remembered ones: they count even if writing them to disk
    /// failed.
    package func including(_ revocations: Revocations?) -> RevocationMemory {
        var result = self
        for entry in revocations?.entries ?? [] where entry.list.fleet == fleet {
            let list = entry.list
            if let known = memories[list.signer]?.list, known.number >= list.number { continue }
            result.memories[list.signer] = Memory(text: list.text, list: list)
        }
        return result
    }

    private static func damaged(_ path: String) -> IdentityError {
        .content(
            .revocationList, source: path, line: nil,
            IdentityProblem(
                "this host's memory of the last revocation lists is damaged",
                required: "the file as the agent wrote it; without the file, older lists are accepted"))
    }

    /// Whether `remember` would write any of these lists.
    package func lacks(_ lists: [RevocationList]) -> Bool { !unwritten(in: lists).isEmpty }

    private func unwritten(in lists: [RevocationList]) -> [RevocationList] {
        lists.filter { written[$0.signer] != $0.text }
    }

    /// Stores these lists; synced to disk on return.
    package mutating func remember(_ lists: [RevocationList]) throws(IdentityError) {
        let changed = unwritten(in: lists)
        guard !changed.isEmpty else { return }
        var next = memories
        for list in changed { next[list.signer] = Memory(text: list.text, list: list) }
        let own = next.map { key, memory in
            Record(
                fleet: fleet.description, authority: key.description, name: memory.list.signerName,
                text: String(decoding: memory.text, as: UTF8.self))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let content = try? encoder.encode(File(lists: others + own.sorted { $0.authority < $1.authority })) else {
            throw Self.damaged(path)
        }
        do throws(SystemError) {
            try AtomicFile.write(path, [UInt8](content), mode: 0o600)
        } catch {
            throw .file(.revocationList, error)
        }
        memories = next
        written = next.mapValues(\.text)
    }
}
