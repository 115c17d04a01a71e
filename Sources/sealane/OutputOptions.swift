import ArgumentParser
import FoundationEssentials
import SealaneAgent

/// For whom data is printed.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON, stable for programs (schemaVersion), instead of text for people.")
    var json = false

    func print<Report>(_ answer: ControlClient.Answer<Report>, _ text: (Report, ReportStyle) -> String) {
        StandardOutput.write(json ? answer.json : Array(text(answer.report, StandardOutput.style).utf8))
    }

    func print<Report: Encodable>(_ report: Report, _ text: (Report, ReportStyle) -> String) throws {
        StandardOutput.write(
            json ? try ReportSchema.encode(report) : Array(text(report, StandardOutput.style).utf8))
    }
}
