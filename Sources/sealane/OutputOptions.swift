import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneControl
import SealaneFleet
import SealaneLinux

/// Selects the format of the output.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON for programs instead of text. Its keys are stable within a schemaVersion.")
    var json = false

    /// Uses colour only on a terminal that supports it, and never if NO_COLOR (no-color.org) is set.
    private static var style: ReportStyle {
        let environment = ProcessInfo.processInfo.environment
        let isRefused = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        let isColoured = StandardOutput.isTerminal && !isRefused && environment["TERM"] != "dumb"
        return ReportStyle(isColoured: isColoured, now: Date())
    }

    func print<Report>(_ answer: ControlClient.Answer<Report>, _ text: (Report, ReportStyle) -> String) throws {
        try write(answer.json) { text(answer.report, $0) }
    }

    func print<Report: Encodable>(_ report: Report, _ text: (Report, ReportStyle) -> String) throws {
        try write(json ? ReportSchema.encode(report) : []) { text(report, $0) }
    }

    /// The texts may come from another host, so control characters are escaped: they cannot steer the terminal.
    private func write(_ encoded: @autoclosure () throws -> [UInt8], _ text: (ReportStyle) -> String) throws {
        let style = Self.style
        guard json else {
            return try StandardOutput.write(Array(text(style).visible(isColoured: style.isColoured).utf8))
        }
        let encoded = try encoded()
        // A JSON parser reads an escaped character as the character itself.
        try StandardOutput.write(
            StandardOutput.isTerminal ? Array(String(decoding: encoded, as: UTF8.self).visible().utf8) : encoded)
    }
}
