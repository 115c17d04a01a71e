import Foundation
import Testing

@Suite struct DocumentTests {
    @Test func `no document contains a path of the author's machine`() throws {
        let home = #/(?:^|[^\w.])/(?:home|root|Users)/\w/#
        let documents = try House.documents()
        #expect(documents.contains { $0.path == "README.md" })
        let found = documents.flatMap { file in
            file.lines.enumerated().compactMap { index, line in
                line.contains(House.root.path + "/") || line.contains(home) ? "\(file.path):\(index + 1): \(line)" : nil
            }
        }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }

    @Test func `every relative link of a document leads to a file`() throws {
        for document in try House.documents() where document.path.hasSuffix(".md") {
            let folder = House.root.appending(path: document.path).deletingLastPathComponent()
            for match in document.lines.joined(separator: "\n").matches(of: #/\]\(([^)#\s]+)[^)]*\)/#) {
                let target = String(match.1)
                guard !target.contains("://") else { continue }
                let path = folder.appending(path: target).path
                #expect(FileManager.default.fileExists(atPath: path), "\(document.path) links to \(target)")
            }
        }
    }

    @Test func `every make target in a document exists`() throws {
        let documents = try House.documents()
        let makefile = try #require(documents.first { $0.path == "Makefile" })
        let targets = Set(makefile.lines.compactMap { $0.prefixMatch(of: #/([a-z][a-z-]*):/#).map { String($0.1) } })
        for document in documents where document.path.hasSuffix(".md") {
            for match in document.lines.joined(separator: "\n").matches(of: #/(?:`|\n)make ([a-z][a-z-]*)/#) {
                #expect(targets.contains(String(match.1)), "\(document.path): make \(match.1)")
            }
        }
    }

    @Test func `the files that CONTRIBUTING names for ten behaviours exist`() throws {
        let guide = try #require(try House.documents().first { $0.path == "CONTRIBUTING.md" })
        let rows = guide.lines.filter { $0.hasPrefix("| ") && $0.contains(".swift`") }
        #expect(rows.count >= 10)
        for match in rows.joined(separator: "\n").matches(of: #/`([\w/+]+\.swift)`/#) {
            let path = House.root.appending(path: "Sources/\(match.1)").path
            #expect(FileManager.default.fileExists(atPath: path), "\(match.1)")
        }
    }
}
