import SealaneControl

extension LaneProblem {
    func text(_ style: ReportStyle) -> String {
        "\(style.paint(what, .bad)); lane 0 carries their packets; \(remedy)"
    }
}
