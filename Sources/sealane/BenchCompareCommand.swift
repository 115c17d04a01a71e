import ArgumentParser
import SealaneFigures
import SealaneLinux

struct BenchCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Compare two reports: what changed beyond noise, and what did not.",
        discussion: """
              sealane bench compare before.json after.json

            Needs no agent. sealane bench run --json writes the reports.
            """)

    /// A report of 200 rounds is smaller.
    private static let maximumByteCount = 8 << 20

    @Argument(help: "The report of before the change.", completion: .file(extensions: ["json"]))
    var before: String

    @Argument(help: "The report of after the change.", completion: .file(extensions: ["json"]))
    var after: String

    func run() throws {
        let comparison = BenchComparison(before: try report(before), after: try report(after))
        try StandardOutput.write(Array(comparison.text.utf8))
    }

    private func report(_ path: String) throws -> BenchReport {
        let json = try AtomicFile.readExisting(path, maximumByteCount: Self.maximumByteCount)
        do {
            return try BenchReport(json: json)
        } catch {
            throw BenchFileProblem(description: "\(path): \(error)")
        }
    }
}

private struct BenchFileProblem: Error, CustomStringConvertible {
    let description: String
}
