import ArgumentParser
import Foundation
import TunnelFigures

/// Writes the page and its chart anew from the JSON file.
struct Render: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Writes the page and its chart from the JSON file.")

    @Argument(help: "The JSON file of a run.")
    var json: String

    @Argument(help: "The page to write; the chart comes beside it, as .svg.")
    var markdown: String

    func run() throws {
        try Self.write(try Self.read(json), json: json, markdown: markdown)
    }

    static func read(_ json: String) throws -> Measurements {
        let data = try Data(contentsOf: URL(filePath: json))
        try SchemaVersion.require(Measurements.schemaVersion, in: data, json)
        return try JSONDecoder().decode(Measurements.self, from: data)
    }

    /// - Parameter json: where the data lie, for the page's link; nil: nowhere beside it.
    static func write(_ measurements: Measurements, json: String?, markdown: String) throws {
        let page = URL(filePath: markdown)
        let chart = page.deletingPathExtension().appendingPathExtension("svg")
        try Data(Chart.svg(measurements).utf8).write(to: chart)
        let text = Page.markdown(
            measurements, data: json.map { URL(filePath: $0).lastPathComponent } ?? "benchmarks.json",
            chart: chart.lastPathComponent)
        try Data(text.utf8).write(to: page)
    }
}
