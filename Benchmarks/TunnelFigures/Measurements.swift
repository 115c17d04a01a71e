import SealaneFigures

/// The results of one run of the benchmark: the JSON file.
package struct Measurements: Codable, Sendable {
    package static let schemaVersion = 1

    package struct Machine: Codable, Sendable {
        package var cpu: String
        package var cores: Int
        package var memoryByteCount: Int
        package var kernel: String
        package var system: String
        /// `net.core.rmem_max`: the greatest receive buffer that a program gets without privileges.
        package var receiveBufferLimit: Int

        package init(
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
    package struct Entry: Codable, Sendable {
        package var contender: Contender
        package var version: String?
        /// The commands and configuration files of both hosts. `DIR` is the scratch directory.
        package var setup: [String] = []
        /// Why the contender was not measured, or not in every round.
        package var skipped: String?
        /// Whether the contender was tried and failed.
        package private(set) var failed = false

        package init(contender: Contender) {
            self.contender = contender
        }

        package mutating func fail(_ reason: String) {
            failed = true
            skipped = "failed: \(reason)"
        }
    }

    /// The values of one figure in one mode, one sample for each round.
    package struct Series: Codable, Sendable {
        package var contender: Contender
        package var mode: Mode
        package var figure: Figure
        /// In the unit of `Figure`.
        package var samples: [Double]
    }

    /// A later run that measured some figures again. Its figures replace those of the first run.
    package struct Supplement: Codable, Sendable {
        package var figures: [Figure]
        /// ISO 8601, UTC.
        package var startedAt: String
        package var command: [String]
        package var rounds: Int
        package var secondsPerMeasurement: Double
        package var machine: Machine
        package var contenders: [Entry]
    }

    package var schemaVersion = Self.schemaVersion
    /// ISO 8601, UTC.
    package var startedAt: String
    package var seconds: Int
    /// The command line of the benchmark.
    package var command: [String]
    package var rounds: Int
    package var secondsPerMeasurement: Double
    package var machine: Machine
    /// Versions of other programs: iperf3.
    package var versions: [String: String]
    /// The commands that set up the underlay. `DEV` is a device on either host.
    package var underlay: [String]
    package var contenders: [Entry]
    package private(set) var series: [Series] = []
    /// Later runs, oldest first. No two of them have the same figure. Absent if there are none.
    package private(set) var supplements: [Supplement]?

    package init(
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

    package mutating func add(_ value: Double, _ figure: Figure, of contender: Contender, _ mode: Mode) {
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
    package mutating func replaceFigures(by other: Measurements) {
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
    package func spread(_ figure: Figure, of contender: Contender, _ mode: Mode) -> Spread? {
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
