import TunnelFigures

/// What a run found.
struct Report: Codable {
    struct Figure: Codable {
        let name: String
        /// What the others are for one of.
        let unit: String
        let medianNanoseconds: Double
        let leastNanoseconds: Double
        let greatestNanoseconds: Double
        let counts: Counts
    }

    /// What must hold.
    struct Requirement: Codable {
        let name: String
        let measured: Double
        /// nil: only to be known.
        let bound: Double?

        var holds: Bool { bound.map { measured <= $0 } ?? true }
    }

    static let currentSchemaVersion = 1

    var schemaVersion = currentSchemaVersion
    let quick: Bool
    var figures: [Figure] = []
    var requirements: [Requirement] = []

    var table: Table {
        Table(
            heading: ["", "ns", "least", "greatest", "mallocs", "objects", "retains", "releases"],
            rows: figures.map { figure in
                let times = [figure.medianNanoseconds, figure.leastNanoseconds, figure.greatestNanoseconds]
                let counts = figure.counts
                return ["\(figure.name), per \(figure.unit)"] + times.map(TunnelFigures.Figure.digits)
                    + [counts.heapAllocations, counts.objects, counts.retains, counts.releases].map {
                        $0 == 0 ? "0" : TunnelFigures.Figure.digits($0)
                    }
            })
    }

    var requirementTable: Table {
        Table(
            heading: ["must hold", "measured", "at most", "holds"],
            rows: requirements.map { requirement in
                [
                    requirement.name, TunnelFigures.Figure.digits(requirement.measured),
                    requirement.bound.map(TunnelFigures.Figure.digits) ?? "-",
                    requirement.bound == nil ? "-" : requirement.holds ? "yes" : "no",
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
