import SealaneFigures

/// What a run found.
struct Report: Codable {
    struct Figure: Codable {
        let name: String
        /// What the others are for one of.
        let unit: String
        let medianNanoseconds: Double
        let leastNanoseconds: Double
        let greatestNanoseconds: Double
        let counts: Counts?
    }

    /// What must hold.
    struct Requirement: Codable {
        let name: String
        let measured: Double
        /// Neither: only to be known.
        var atLeast: Double?
        var atMost: Double?

        var isBound: Bool { atLeast != nil || atMost != nil }
        var holds: Bool { atLeast.map { measured >= $0 } ?? true && atMost.map { measured <= $0 } ?? true }
    }

    static let currentSchemaVersion = 2

    var schemaVersion = currentSchemaVersion
    let quick: Bool
    var figures: [Figure] = []
    var requirements: [Requirement] = []

    var table: Table {
        Table(
            heading: ["", "ns", "least", "greatest", "mallocs", "objects", "retains", "releases"],
            rows: figures.map { figure in
                let times = [figure.medianNanoseconds, figure.leastNanoseconds, figure.greatestNanoseconds]
                let columns = [\Counts.heapAllocations, \.objects, \.retains, \.releases]
                let counts = columns.map { figure.counts?[keyPath: $0] }
                return ["\(figure.name), per \(figure.unit)"] + times.map(Digits.significant)
                    + counts.map { count in count.map { $0 == 0 ? "0" : Digits.significant($0) } ?? "-" }
            })
    }

    var requirementTable: Table {
        Table(
            heading: ["must hold", "measured", "at least", "at most", "holds"],
            rows: requirements.map { requirement in
                [
                    requirement.name, Digits.significant(requirement.measured),
                    requirement.atLeast.map(Digits.significant) ?? "-",
                    requirement.atMost.map(Digits.significant) ?? "-",
                    requirement.isBound ? requirement.holds ? "yes" : "no" : "-",
                ]
            })
    }
}

extension Report.Figure {
    /// nil if no round was measured.
    init?(_ benchmark: Benchmark) {
        guard let spread = Spread(benchmark.nanoseconds) else { return nil }
        self.init(
            name: benchmark.name, unit: benchmark.unit, medianNanoseconds: spread.median,
            leastNanoseconds: spread.minimum, greatestNanoseconds: spread.maximum, counts: benchmark.counts)
    }
}
