import ArgumentParser
import FoundationEssentials
import SealaneAgent
import SealaneLinux

/// For whom data is printed.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON, stable for programs (schemaVersion), instead of text for people.")
    var json = false

    /// Colour only on a terminal that has it, and not where NO_COLOR (no-color.org) is set.
    private static var style: ReportStyle {
        let environment = ProcessInfo.processInfo.environment
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let isColoured = StandardOutput.isTerminal && !isRefused && environment["TERM"] != "dumb"
        return ReportStyle(isColoured: isColoured, now: Date())
    }

    func print<Report>(_ answer: ControlClient.Answer<Report>, _ text: (Report, ReportStyle) -> String) throws {
        try StandardOutput.write(json ? answer.json : Array(text(answer.report, Self.style).utf8))
    }

    func print<Report: Encodable>(_ report: Report, _ text: (Report, ReportStyle) -> String) throws {
        try StandardOutput.write(
            json ? try ReportSchema.encode(report) : Array(text(report, Self.style).utf8))
    }
}
