import SealaneFigures

/// The results of one run of the benchmark: the JSON file.
public struct Measurements: Codable, Sendable {
    public static let schemaVersion = 1

    public struct Machine: Codable, Sendable {
        public var cpu: String
        public var cores: Int
        public var memoryByteCount: Int
        public var kernel: String
        public var system: String
        /// `net.core.rmem_max`: the greatest receive buffer that a program gets without privileges.
        public var receiveBufferLimit: Int

        public init(
            cpu: String, cores: Int, memoryByteCount: Int, kernel: String, system: String, receiveBufferLimit: Int
        ) {
            self.cpu = cpu
            self.cores = cores
            self.memoryByteCount = memoryByteCount
            self.kernel = kernel
            self.system = system
            self.receiveBufferLimit = receiveBufferLimit
        }
    }

    /// The set-up of a contender, or why it was not measured.
    public struct Entry: Codable, Sendable {
        public var contender: Contender
        public var version: String?
        /// The commands and configuration files of both hosts. `DIR` is the scratch directory.
        public var setup: [String] = []
        /// Why the contender was not measured, or not in every round.
        public var skipped: String?
        /// Whether the contender was tried and failed.
        public private(set) var failed = false

        public init(contender: Contender) {
            self.contender = contender
        }

        public mutating func fail(_ reason: String) {
            failed = true
            skipped = "failed: \(reason)"
        }
    }

    /// The values of one figure in one mode, one sample for each round.
    public struct Series: Codable, Sendable {
        public var contender: Contender
        public var mode: Mode
        public var figure: Figure
        /// In the unit of `Figure`.
        public var samples: [Double]
    }

    /// A later run that measured some figures again. Its figures replace those of the first run.
    public struct Supplement: Codable, Sendable {
        public var figures: [Figure]
        /// ISO 8601, UTC.
        public var startedAt: String
        public var command: [String]
        public var rounds: Int
        public var secondsPerMeasurement: Double
        public var machine: Machine
        public var contenders: [Entry]
    }

    public var schemaVersion = Self.schemaVersion
    /// ISO 8601, UTC.
    public var startedAt: String
    public var seconds: Int
    /// The command line of the benchmark.
    public var command: [String]
    public var rounds: Int
    public var secondsPerMeasurement: Double
    public var machine: Machine
    /// Versions of other programs: iperf3.
    public var versions: [String: String]
    /// The commands that set up the underlay. `DEV` is a device on either host.
    public var underlay: [String]
    public var contenders: [Entry]
    public private(set) var series: [Series] = []
    /// Later runs, oldest first. No two of them have the same figure. Absent if there are none.
    public private(set) var supplements: [Supplement]?

    public init(
        startedAt: String, command: [String], rounds: Int, secondsPerMeasurement: Double, machine: Machine,
        versions: [String: String], underlay: [String], contenders: [Entry]
    ) {
        self.startedAt = startedAt
        seconds = 0
        self.command = command
        self.rounds = rounds
        self.secondsPerMeasurement = secondsPerMeasurement
        self.machine = machine
        self.versions = versions
        self.underlay = underlay
        self.contenders = contenders
    }

    public mutating func add(_ value: Double, _ figure: Figure, of contender: Contender, _ mode: Mode) {
        if let index = series.firstIndex(where: {
            $0.contender == contender && $0.mode == mode && $0.figure == figure
        }) {
            series[index].samples.append(value)
        } else {
            series.append(Series(contender: contender, mode: mode, figure: figure, samples: [value]))
        }
    }

    /// Replaces every figure that `other` measured, for all contenders and modes. Values that `other` lacks disappear,
    /// so that all values of a figure come from one run.
    public mutating func replaceFigures(by other: Measurements) {
        let figures = Figure.allCases.filter { figure in other.series.contains { $0.figure == figure } }
        series.removeAll { figures.contains($0.figure) }
        series += other.series
        var supplements = supplements ?? []
        for at in supplements.indices { supplements[at].figures.removeAll(where: figures.contains) }
        supplements.removeAll(where: \.figures.isEmpty)
        supplements.append(
            Supplement(
                figures: figures, startedAt: other.startedAt, command: other.command, rounds: other.rounds,
                secondsPerMeasurement: other.secondsPerMeasurement, machine: other.machine,
                contenders: other.contenders))
        self.supplements = supplements
    }

    /// Returns nil if the figure was not measured.
    public func spread(_ figure: Figure, of contender: Contender, _ mode: Mode) -> Spread? {
        series.first { $0.contender == contender && $0.mode == mode && $0.figure == figure }
            .flatMap { Spread($0.samples) }
    }

    func median(_ figure: Figure, of contender: Contender, _ mode: Mode) -> Double? {
        spread(figure, of: contender, mode)?.median
    }

    func ratio(_ figure: Figure, of contender: Contender, to other: Contender, _ mode: Mode) -> Double? {
        guard let value = median(figure, of: contender, mode), let base = median(figure, of: other, mode), base > 0
        else { return nil }
        return value / base
    }
}
