import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneControl
import SealaneFleet
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
        try write(answer.json) { text(answer.report, $0) }
    }

    func print<Report: Encodable>(_ report: Report, _ text: (Report, ReportStyle) -> String) throws {
        try write(json ? ReportSchema.encode(report) : []) { text(report, $0) }
    }

    /// Texts may be another host's: nothing in them moves the cursor or turns a line round.
    private func write(_ encoded: @autoclosure () throws -> [UInt8], _ text: (ReportStyle) -> String) throws {
        let style = Self.style
        guard json else {
            return try StandardOutput.write(Array(text(style).visible(isColoured: style.isColoured).utf8))
        }
        let encoded = try encoded()
        // Escaped, a character is the same to whoever reads JSON.
        try StandardOutput.write(
            StandardOutput.isTerminal ? Array(String(decoding: encoded, as: UTF8.self).visible().utf8) : encoded)
    }
}
