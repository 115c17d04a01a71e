import SealaneFigures

/// The results of one run of `tunnel-bench scale`: its JSON file.
package struct ScaleMeasurements: Codable, Sendable {
    package static let schemaVersion = 1

    /// The values at one point of a curve, one sample for each round.
    package struct Series: Codable, Sendable {
        package var curve: Curve
        /// The value of the varied parameter.
        package var x: Double
        package var figure: ScaleFigure
        package var samples: [Double]
    }

    package var schemaVersion = Self.schemaVersion
    /// ISO 8601, UTC.
    package var startedAt: String
    package var seconds = 0
    /// The command line of the benchmark.
    package var command: [String]
    /// Whether this was a quick run, whose figures should not be quoted.
    package var isQuick: Bool
    package var rounds: Int
    package var secondsPerMeasurement: Double
    package var machine: Measurements.Machine
    /// The version of sealaned.
    package var version: String
    /// The suite, provider and offloads that the agents report.
    package var facts: [String] = []
    /// How the underlay carries UDP.
    package var mode: Mode
    /// Points that were not measured, or not in every round, with the reasons.
    package var failures: [String] = []
    package private(set) var series: [Series] = []

    package init(
        startedAt: String, command: [String], isQuick: Bool, rounds: Int, secondsPerMeasurement: Double,
        machine: Measurements.Machine, version: String, mode: Mode
    ) {
        self.startedAt = startedAt
        self.command = command
        self.isQuick = isQuick
        self.rounds = rounds
        self.secondsPerMeasurement = secondsPerMeasurement
        self.machine = machine
        self.version = version
        self.mode = mode
    }

    package mutating func add(_ value: Double, _ figure: ScaleFigure, _ curve: Curve, at x: Double) {
        if let index = series.firstIndex(where: { $0.curve == curve && $0.x == x && $0.figure == figure }) {
            series[index].samples.append(value)
        } else {
            series.append(Series(curve: curve, x: x, figure: figure, samples: [value]))
        }
    }

    /// Returns nil if the point was not measured.
    package func spread(_ figure: ScaleFigure, _ curve: Curve, at x: Double) -> Spread? {
        series.first { $0.curve == curve && $0.x == x && $0.figure == figure }.flatMap { Spread($0.samples) }
    }

    /// The measured points of the curve, in ascending order.
    package func abscissae(_ curve: Curve) -> [Double] {
        Set(series.filter { $0.curve == curve }.map(\.x)).sorted()
    }

    /// The medians along a curve.
    package func medians(_ figure: ScaleFigure, _ curve: Curve) -> [LinearFit.Point] {
        abscissae(curve).compactMap { x in
            spread(figure, curve, at: x).map { LinearFit.Point(x: x, y: $0.median) }
        }
    }

    /// The line through the medians of the curve; nil with too few points.
    package func fit(_ figure: ScaleFigure, _ curve: Curve) -> LinearFit? { LinearFit(medians(figure, curve)) }

    /// The ratio of the throughputs at two points of a curve; nil if either was not measured.
    package func throughputRatio(_ curve: Curve, at x: Double, to base: Double) -> RatioEstimate? {
        func samples(_ x: Double) -> [Double] {
            series.first { $0.curve == curve && $0.x == x && $0.figure == .throughput }?.samples ?? []
        }
        return RatioEstimate(independent: samples(x), to: samples(base))
    }

    /// The required throughput with 1,000 active peers, relative to one peer.
    package static let leastActivePeerRatio = 0.7
}
