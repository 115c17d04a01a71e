import Foundation
import TunnelFigures

/// The results of a run: a JSON file, and a page with a chart that are generated from it.
protocol RunResults: Codable {
    /// The version of the JSON file that this program reads and writes.
    static var schemaVersion: Int { get }
    /// The name of the JSON file on a page without one beside it.
    static var defaultFileName: String { get }
    static var renderCommandName: String { get }
    /// SVG.
    var chart: String { get }

    /// - Parameters: the names of the JSON file and of the chart, relative to the page.
    func page(data: String, chart: String) -> String
}

extension RunResults {
    static func read(_ path: String) throws -> Self {
        let data = try Data(contentsOf: URL(filePath: path))
        try SchemaVersion.require(schemaVersion, in: data, path)
        return try JSONDecoder().decode(Self.self, from: data)
    }

    /// Writes the page, and the chart beside it.
    /// - Parameter json: the path of the JSON file, for the page's link; nil if it was not written.
    func writePage(_ markdown: String, json: String?) throws {
        let page = URL(filePath: markdown)
        let chart = page.deletingPathExtension().appendingPathExtension("svg")
        try Data(self.chart.utf8).write(to: chart)
        let data = json.map { URL(filePath: $0).lastPathComponent } ?? Self.defaultFileName
        try Data(self.page(data: data, chart: chart.lastPathComponent).utf8).write(to: page)
    }
}

extension Measurements: RunResults {
    static let defaultFileName = "benchmarks.json"
    static let renderCommandName = "render"

    var chart: String { Chart.svg(self) }

    func page(data: String, chart: String) -> String { Page.markdown(self, data: data, chart: chart) }
}

extension ScaleMeasurements: RunResults {
    static let defaultFileName = "scale.json"
    static let renderCommandName = "render-scale"

    var chart: String { CurveChart.svg(self) }

    func page(data: String, chart: String) -> String { ScalePage.markdown(self, data: data, chart: chart) }
}
