import ArgumentParser
import Foundation
import TunnelFigures

/// Writes the page and its chart anew from the JSON file.
struct RenderScale: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the page of `scale` and its chart from the JSON file.")

    @Argument(help: "The JSON file of a run.")
    var json: String

    @Argument(help: "The page to write; the chart comes beside it, as .svg.")
    var markdown: String

    func run() throws {
        let data = try Data(contentsOf: URL(filePath: json))
        try SchemaVersion.require(ScaleMeasurements.schemaVersion, in: data, json)
        try JSONDecoder().decode(ScaleMeasurements.self, from: data).write(json: json, markdown: markdown)
    }
}

extension ScaleMeasurements {
    /// - Parameter json: where the data lie, for the page's link; nil: nowhere beside it.
    func write(json: String?, markdown: String) throws {
        let page = URL(filePath: markdown)
        let chart = page.deletingPathExtension().appendingPathExtension("svg")
        try Data(CurveChart.svg(self).utf8).write(to: chart)
        let text = ScalePage.markdown(
            self, data: json.map { URL(filePath: $0).lastPathComponent } ?? "scale.json",
            chart: chart.lastPathComponent)
        try Data(text.utf8).write(to: page)
    }
}
