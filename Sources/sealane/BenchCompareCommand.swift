import ArgumentParser
import SealaneFigures
import SealaneLinux

struct BenchCompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Shows what changed between two reports, and what of it is beyond noise.",
        discussion: "Needs no agent. Reports are what sealane bench run --json wrote.")

    /// A report of 200 rounds is smaller.
    private static let maximumByteCount = 8 << 20

    @Argument(help: "The report from before the change.", completion: .file(extensions: ["json"]))
    var before: String

    @Argument(help: "The report from after it.", completion: .file(extensions: ["json"]))
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
