import Foundation

/// The package on disk, located from the path of this source file.
enum House {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The modules under `Sources`.
    static func modules() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path).sorted()
    }

    /// The text files under `folder`, at any depth, whose names end in `suffix`.
    static func files(under folder: String, suffix: String = "") throws -> [TextFile] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
        return try paths.sorted().filter { $0.hasSuffix(suffix) }.compactMap { try TextFile("\(folder)/\($0)") }
    }

    static func sources() throws -> [TextFile] { try files(under: "Sources", suffix: ".swift") }

    /// The files that people read and run: documents, examples, build commands.
    static func documents() throws -> [TextFile] {
        let top = try FileManager.default.contentsOfDirectory(atPath: root.path)
        let files = try top.filter { $0.hasSuffix(".md") || $0 == "Makefile" }.sorted().compactMap { try TextFile($0) }
        let folders = [".ci", "Examples", "docs"].filter(top.contains)
        return try files + folders.flatMap { try self.files(under: $0) }
    }
}

/// A text file of the package.
struct TextFile {
    /// Relative to the package.
    let path: String
    let lines: [Substring]

    /// Returns nil if `path` is a directory.
    init?(_ path: String) throws {
        let url = House.root.appending(path: path)
        guard try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory != true else { return nil }
        self.init(path: path, text: try String(contentsOf: url, encoding: .utf8))
    }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    var text: String { lines.joined(separator: "\n") }

    /// `Sources/MODULE/...`
    var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

    var imports: Set<String> { Set(lines.filter { $0.contains("import") }.compactMap { importedModule($0) }) }

    /// The lines with `pattern` outside `//` comments, as `path:line: text`.
    func places(of pattern: Regex<Substring>) -> [String] {
        lines.enumerated().compactMap { index, line in
            let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
            guard code.contains(pattern) else { return nil }
            return "\(path):\(index + 1): \(line.trimmingCharacters(in: .whitespaces))"
        }
    }
}

/// The module that a line of Swift imports, in any form of the import statement.
func importedModule(_ line: Substring) -> String? {
    let statement =
        #/^\s*(?:@\w+(?:\([^)]*\))?\s+|(?:public|package|internal|fileprivate|private)\s+)*import\s+/#
    let kind = #/^(?:struct|class|enum|protocol|typealias|func|let|var)\s+/#
    guard let start = line.prefixMatch(of: statement)?.range.upperBound else { return nil }
    var rest = line[start...]
    if let match = rest.prefixMatch(of: kind) { rest = rest[match.range.upperBound...] }
    return String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
}
