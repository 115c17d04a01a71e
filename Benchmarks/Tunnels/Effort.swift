/// How long and how often to measure.
struct Effort {
    /// The length of one measurement.
    let seconds: Double
    let quick: Bool

    var searchSteps: Int { 5 }
    var searchStepSeconds: Double { max(0.2, seconds / 8) }
    var roundTripCount: Int { quick ? 5_000 : 10_000 }

    /// Roughly how long a step takes.
    func expectedSeconds(_ step: Step) -> Double {
        switch step {
        case .tcp1, .tcp1Reverse, .tcp4, .tcp4Reverse: seconds + 0.5
        case .udp64, .udp1400: seconds + 1.5 * Double(searchSteps + 1) * (searchStepSeconds + 0.1) + 0.3
        case .idle, .oneCore: 100e-6 * Double(roundTripCount) + 0.3
        case .loaded: seconds + 4
        }
    }

    /// Roughly how long it takes to start a contender and to end it.
    static let expectedStartSeconds = 2.0
}
