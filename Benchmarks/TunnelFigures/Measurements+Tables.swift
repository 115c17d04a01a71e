import SealaneFigures

extension Measurements {
    /// The contenders with a figure of `group` in `mode`.
    private func contenders(_ group: Figure.Group, _ mode: Mode) -> [Contender] {
        contenders.map(\.contender).filter { contender in
            series.contains { $0.contender == contender && $0.mode == mode && $0.figure.group == group }
        }
    }

    /// One row for each contender and one column for each figure of `group`; nil if there are no measurements.
    /// - Parameter cell: formats one measured figure.
    private func table(
        _ group: Figure.Group, _ mode: Mode, _ cell: (Contender, Figure, Spread) -> String
    ) -> Table? {
        let figures = Figure.allCases.filter { $0.group == group }
        let rows = contenders(group, mode).map { contender in
            [contender.title]
                + figures.map { figure in
                    spread(figure, of: contender, mode).map { cell(contender, figure, $0) } ?? "-"
                }
        }
        return rows.isEmpty
            ? nil : Table(heading: ["\(group.title), \(mode.rawValue)"] + figures.map(\.title), rows: rows)
    }

    /// Medians, each with its ratio to wireguard-go.
    package func medians(_ group: Figure.Group, _ mode: Mode) -> Table? {
        table(group, mode) { contender, figure, spread in
            let ratio = contender == .wireGuardGo ? nil : ratio(figure, of: contender, to: .wireGuardGo, mode)
            return figure.text(spread.median) + (ratio.map { " (\(Digits.significant($0))x)" } ?? "")
        }
    }

    /// The minimum and maximum of all rounds.
    package func extremes(_ group: Figure.Group, _ mode: Mode) -> Table? {
        table(group, mode) { _, figure, spread in "\(figure.text(spread.minimum)) – \(figure.text(spread.maximum))" }
    }

    package var requirements: Table {
        Table(
            heading: ["figure", "measured", "bound", "holds"],
            rows: Requirement.all.map { requirement in
                let holds = requirement.holds(self)
                return [
                    requirement.name, requirement.measured(self).map { Digits.significant($0) } ?? "not measured",
                    requirement.boundText, holds.map { $0 ? "yes" : "no" } ?? "-",
                ]
            })
    }
}
