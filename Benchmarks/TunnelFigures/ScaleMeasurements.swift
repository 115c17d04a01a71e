import SealaneFigures

/// The results of one run of `tunnel-bench scale`: its JSON file.
public struct ScaleMeasurements: Codable, Sendable {
    public static let schemaVersion = 1

    /// The values at one point of a curve, one sample for each round.
    public struct Series: Codable, Sendable {
        public var curve: Curve
        /// The value of the varied parameter.
        public var x: Double
        public var figure: ScaleFigure
        public var samples: [Double]
    }

    public var schemaVersion = Self.schemaVersion
    /// ISO 8601, UTC.
    public var startedAt: String
    public var seconds = 0
    /// The command line of the benchmark.
    public var command: [String]
    /// Whether this was a quick run, whose figures should not be quoted.
    public var isQuick: Bool
    public var rounds: Int
    public var secondsPerMeasurement: Double
    public var machine: Measurements.Machine
    /// The version of sealaned.
    public var version: String
    /// The suite, provider and offloads that the agents report.
    public var facts: [String] = []
    /// How the underlay carries UDP.
    public var mode: Mode
    /// Points that were not measured, or not in every round, with the reasons.
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

    /// Returns nil if the point was not measured.
    public func spread(_ figure: ScaleFigure, _ curve: Curve, at x: Double) -> Spread? {
        series.first { $0.curve == curve && $0.x == x && $0.figure == figure }.flatMap { Spread($0.samples) }
    }

    /// The measured points of the curve, in ascending order.
    public func abscissae(_ curve: Curve) -> [Double] {
        Set(series.filter { $0.curve == curve }.map(\.x)).sorted()
    }

    /// The medians along a curve.
    public func medians(_ figure: ScaleFigure, _ curve: Curve) -> [LinearFit.Point] {
        abscissae(curve).compactMap { x in
            spread(figure, curve, at: x).map { LinearFit.Point(x: x, y: $0.median) }
        }
    }

    /// The line through the medians of the curve; nil with too few points.
    public func fit(_ figure: ScaleFigure, _ curve: Curve) -> LinearFit? { LinearFit(medians(figure, curve)) }

    /// The ratio of the throughputs at two points of a curve; nil if either was not measured.
    public func throughputRatio(_ curve: Curve, at x: Double, to base: Double) -> RatioEstimate? {
        func samples(_ x: Double) -> [Double] {
            series.first { $0.curve == curve && $0.x == x && $0.figure == .throughput }?.samples ?? []
        }
        return RatioEstimate(independent: samples(x), to: samples(base))
    }

    /// The required throughput with 1,000 active peers, relative to one peer.
    public static let leastActivePeerRatio = 0.7
}
