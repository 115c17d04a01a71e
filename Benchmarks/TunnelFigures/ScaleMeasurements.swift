import SealaneFigures

/// Everything that one run of `tunnel-bench scale` found: its JSON file.
public struct ScaleMeasurements: Codable, Sendable {
    public static let schemaVersion = 1

    /// What was measured at one point of a curve, a sample for each round.
    public struct Series: Codable, Sendable {
        public var curve: Curve
        /// Of what the curve varies.
        public var x: Double
        public var figure: ScaleFigure
        public var samples: [Double]
    }

    public var schemaVersion = Self.schemaVersion
    /// ISO 8601, UTC.
    public var startedAt: String
    public var seconds = 0
    /// Of the benchmark.
    public var command: [String]
    /// Whether this was a short look, of which nothing should be quoted.
    public var isQuick: Bool
    public var rounds: Int
    public var secondsPerMeasurement: Double
    public var machine: Measurements.Machine
    /// Of sealaned.
    public var version: String
    /// Suite, provider, offloads: what the agents said that they use.
    public var facts: [String] = []
    /// How the underlay carries UDP.
    public var mode: Mode
    /// Points that were not measured, or not in every round, and why.
    public var failures: [String] = []
    public private(set) var series: [Series] = []

    public init(
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

    public mutating func add(_ value: Double, _ figure: ScaleFigure, _ curve: Curve, at x: Double) {
        if let index = series.firstIndex(where: { $0.curve == curve && $0.x == x && $0.figure == figure }) {
            series[index].samples.append(value)
        } else {
            series.append(Series(curve: curve, x: x, figure: figure, samples: [value]))
        }
    }

    /// nil if it was not measured.
    public func spread(_ figure: ScaleFigure, _ curve: Curve, at x: Double) -> Spread? {
        series.first { $0.curve == curve && $0.x == x && $0.figure == figure }.flatMap { Spread($0.samples) }
    }

    /// What the curve was measured at, from the least on.
    public func abscissae(_ curve: Curve) -> [Double] {
        Set(series.filter { $0.curve == curve }.map(\.x)).sorted()
    }

    /// The medians along a curve.
    public func medians(_ figure: ScaleFigure, _ curve: Curve) -> [LinearFit.Point] {
        abscissae(curve).compactMap { x in
            spread(figure, curve, at: x).map { LinearFit.Point(x: x, y: $0.median) }
        }
    }

    /// Of the curve's medians; nil where too few were measured.
    public func fit(_ figure: ScaleFigure, _ curve: Curve) -> LinearFit? { LinearFit(medians(figure, curve)) }

    /// The throughput at one point of a curve over that at another; nil if either was not measured.
    public func throughputRatio(_ curve: Curve, at x: Double, to base: Double) -> RatioEstimate? {
        func samples(_ x: Double) -> [Double] {
            series.first { $0.curve == curve && $0.x == x && $0.figure == .throughput }?.samples ?? []
        }
        return RatioEstimate(independent: samples(x), to: samples(base))
    }

    /// Of 1,000 active peers.
    public static let leastActivePeerRatio = 0.7
}
