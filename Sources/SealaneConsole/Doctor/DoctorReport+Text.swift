extension DoctorReport {
    /// `sealane doctor`: a line for each check.
    package func text(_ style: ReportStyle) -> String {
        func padded(_ text: String, _ all: [String]) -> String {
            text + String(repeating: " ", count: (all.map(\.count).max() ?? 0) - text.count)
        }
        return checks.map { check in
            let outcome = style.paint(
                padded(check.outcome.rawValue, Outcome.allCases.map(\.rawValue)), check.outcome.ink)
            let said = check.observed + (check.remedy.map { "; \($0)" } ?? "")
            return "\(outcome)  \(padded(check.name, checks.map(\.name)))  "
                + said.split(separator: "\n").joined(separator: ", ") + "\n"
        }
        .joined()
    }
}

extension DoctorReport.Outcome {
    fileprivate var ink: ReportStyle.Ink {
        switch self {
        case .ok: .good
        case .warning: .warning
        case .problem: .bad
        }
    }
}
