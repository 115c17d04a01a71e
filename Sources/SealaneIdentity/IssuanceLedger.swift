import FoundationEssentials
import SealaneLinux

/// What an authority has issued: one line of JSON for each certificate, on the disk before the certificate is given away.
/// Nobody else reads or writes the file while this value lives.
struct IssuanceLedger: ~Copyable {
    private let file: JournalFile
    private let path: String
    private(set) var entries: [LedgerEntry]

    /// About a million certificates.
    private static var byteLimit: Int { 1 << 30 }

    /// Opens the ledger at `path`. One that is missing is begun if `creating`, and otherwise refused, as is one with a
    /// line that is no entry: an authority without its record would sign for anybody.
    init(_ path: String, creating: Bool = false) throws(IdentityError) {
        let file = try Self.onDisk { () throws(SystemError) in
            do throws(SystemError) {
                return try JournalFile(path, creating: creating)
            } catch  where error.meansNoSuchFile {
                throw SystemError(
                    call: error.call, errno: error.errno, subject: error.subject,
                    advice: "bring back the copy; an empty file in its place begins one that knows of no identity")
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
                    IdentityProblem("a line that is no entry", required: "one JSON object a line, as written before"))
            }
        }
        return entries
    }

    /// Adds an entry, which is on the disk when this returns.
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
