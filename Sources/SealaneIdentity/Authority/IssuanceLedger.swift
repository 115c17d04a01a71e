import FoundationEssentials
import SealaneLinux

/// The certificates that an authority issued: one line of JSON each, synced to disk before the certificate is handed
/// out. The file is locked while this value exists.
struct IssuanceLedger: ~Copyable {
    private let file: JournalFile
    private let path: String
    private(set) var entries: [LedgerEntry]

    /// About a million certificates.
    private static var byteLimit: Int { 1 << 30 }

    /// Opens the ledger at `path`. Creates a missing one if `creating`. Otherwise throws for a missing ledger, and
    /// always for a malformed line: without its record, an authority would issue duplicate identities.
    init(_ path: String, creating: Bool = false) throws(IdentityError) {
        let file = try Self.onDisk { () throws(SystemError) in
            do throws(SystemError) {
                return try JournalFile(path, creating: creating)
            } catch  where error.meansNoSuchFile {
                throw SystemError(
                    call: error.call, errno: error.errno, subject: error.subject,
                    advice:
                        "restore a backup; an empty file instead starts a ledger without the identities issued before")
            }
        }
        let content = try Self.onDisk { () throws(SystemError) in try file.read(maximumByteCount: Self.byteLimit) }
        entries = try Self.entries(in: content, path)
        self.file = file
        self.path = path
    }

    private static func onDisk<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(IdentityError) -> Value {
        do {
            return try body()
        } catch {
            throw .file(.ledger, error)
        }
    }

    private static func entries(in content: [UInt8], _ path: String) throws(IdentityError) -> [LedgerEntry] {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        var entries: [LedgerEntry] = []
        for (index, line) in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where line.startIndex < content.endIndex {
            do {
                entries.append(try decoder.decode(LedgerEntry.self, from: Data(line)))
            } catch {
                throw .content(
                    .ledger, source: path, line: index + 1,
                    IdentityProblem(
                        "a line that is not an entry", required: "one JSON object per line, as Sealane wrote it"))
            }
        }
        return entries
    }

    /// Adds an entry; synced to disk on return.
    mutating func record(_ entry: LedgerEntry) throws(IdentityError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let line: [UInt8]
        do {
            line = [UInt8](try encoder.encode(entry))
        } catch {
            throw .content(
                .ledger, source: path, line: nil,
                IdentityProblem("an entry that cannot be written as JSON", required: "text in UTF-8"))
        }
        try Self.onDisk { () throws(SystemError) in try file.append(line: line) }
        entries.append(entry)
    }
}
