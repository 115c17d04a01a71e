import SealaneFigures

/// One ratio of two contenders, as committed and as measured again. Both values of a ratio come from one run, so the
/// speed of the machine on that day cancels out.
package struct RatioCheck: Sendable {
    /// `contender` over `other`.
    package struct Ratio: Sendable, Equatable {
        package let contender: Contender
        package let other: Contender
        package let figure: Figure
        package let mode: Mode

        package init(_ contender: Contender, to other: Contender, _ figure: Figure, _ mode: Mode) {
            self.contender = contender
            self.other = other
            self.figure = figure
            self.mode = mode
        }

        var lessIsBetter: Bool { figure.group != .tcp && figure.group != .udp }

        package var title: String {
            let what = figure.group == .tcp ? "TCP" : "CPU per GiB"
            return "\(what), \(figure.title), \(mode.rawValue): \(contender.title) / \(other.title)"
        }
    }

    /// A ratio of medians and its uncertainty.
    package struct Estimate: Sendable, Equatable {
        package let ratio: Double
        /// The standard error divided by the ratio.
        package let relativeError: Double

        package init(ratio: Double, relativeError: Double) {
            self.ratio = ratio
            self.relativeError = relativeError
        }
    }

    package enum Decision: String, Sendable {
        case holds
        case improved
        case regressed
        /// The bound is too wide to show a regression or its absence.
        case tooNoisy = "too noisy to tell"
        case missing = "not measured"

        /// An unknown result does not pass.
        package var passes: Bool { self == .holds || self == .improved }
    }

    package let ratio: Ratio
    package let committed: Estimate?
    package let measured: Estimate?

    package init(_ ratio: Ratio, committed: Estimate?, measured: Estimate?) {
        self.ratio = ratio
        self.committed = committed
        self.measured = measured
    }

    /// A change of this size is not a regression: kernels, compilers and neighbours on the machine change from day to
    /// day by more than the rounds of one run show.
    package static let slack = 0.15
    /// A wider bound than this shows nothing.
    package static let greatestBound = 0.60
    /// With fewer samples, the standard error is random: with three it is often 0.
    package static let leastSampleCount = 5

    /// The worsening, as a share, that still counts as noise: `slack` plus twice the standard error of the change.
    package var bound: Double? {
        guard let committed, let measured else { return nil }
        let squares =
            committed.relativeError * committed.relativeError + measured.relativeError * measured.relativeError
        return Self.slack + 2 * squares.squareRoot()
    }

    /// How much worse the ratio is, as a share. For costs: 0.25 means a quarter more cost. For throughput: 0.25 means
    /// that a quarter more would restore the committed value. Negative: better.
    package var worsening: Double? {
        guard let committed, let measured else { return nil }
        return (ratio.lessIsBetter ? measured.ratio / committed.ratio : committed.ratio / measured.ratio) - 1
    }

    package var decision: Decision {
        guard let bound, let worsening, let committed, let measured else { return .missing }
        if worsening > bound { return .regressed }
        if bound > Self.greatestBound { return .tooNoisy }
        let gain = (ratio.lessIsBetter ? committed.ratio / measured.ratio : measured.ratio / committed.ratio) - 1
        return gain > bound ? .improved : .holds
    }

    /// The compared ratios of throughput and cost: no cipher to no tunnel, each cipher to no cipher, and the one that
    /// people quote. If both contenders are tunnels, the cost is that of the sending agent, which excludes the rest of
    /// the machine.
    package static let ratios: [Ratio] = Mode.allCases.flatMap { mode in
        [
            (Contender.sealaneNoCipher, Contender.noTunnel), (.sealaneAESIPsecMB, .sealaneNoCipher),
            (.sealaneAESLibsodium, .sealaneNoCipher), (.sealaneAESIPsecMB, .wireGuardGo),
        ].flatMap { contender, other in
            [Figure.tcp1, other == .noTunnel ? .machineCost : .senderCost].map { figure in
                Ratio(contender, to: other, figure, mode)
            }
        }
    }

    /// The contenders that `ratios` need.
    package static let contenders: [Contender] = Contender.allCases.filter { contender in
        ratios.contains { $0.contender == contender || $0.other == contender }
    }

    package static func compare(_ measured: Measurements, with committed: Measurements) -> [RatioCheck] {
        ratios.map { ratio in
            RatioCheck(ratio, committed: committed.estimate(ratio), measured: measured.estimate(ratio))
        }
    }

    package static func table(_ checks: [RatioCheck]) -> Table {
        Table(
            heading: ["ratio", "committed", "now", "worse by", "bound", "decision"],
            rows: checks.map { check in
                [
                    check.ratio.title, text(check.committed), text(check.measured),
                    check.worsening.map(percent) ?? "-", check.bound.map(percent) ?? "-", check.decision.rawValue,
                ]
            })
    }

    /// The result of all checks.
    package struct Conclusion: Sendable, Equatable {
        package let lines: [String]
        /// The exit status: 0 all ratios hold; 1 a ratio is worse than its bound or a contender failed; 2 otherwise.
        package let status: Int32
    }

    /// - Parameter measured: the run that `checks` compare. The lines name contenders that it skipped or that failed.
    package static func conclusion(_ checks: [RatioCheck], of measured: Measurements) -> Conclusion {
        let lacking = measured.contenders.compactMap { entry in
            entry.skipped.map { "not measured, or not in every round: \(entry.contender.title): \($0)" }
        }
        let open = checks.filter { !$0.decision.passes }
        let lines = open.map { "\($0.decision.rawValue): \($0.ratio.title)" } + lacking
        if checks.contains(where: { $0.decision == .regressed }) || measured.contenders.contains(where: \.failed) {
            return Conclusion(lines: lines, status: 1)
        }
        guard lines.isEmpty, let widest = checks.compactMap(\.bound).max() else {
            return Conclusion(lines: lines, status: 2)
        }
        return Conclusion(
            lines: ["all ratios hold: each is within its bound (widest bound: \(percent(widest)))"],
            status: 0)
    }

    private static func text(_ estimate: Estimate?) -> String {
        estimate.map { "\(Digits.fixed($0.ratio, 3)) ±\(percent($0.relativeError))" } ?? "-"
    }

    private static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "\(share)" }
        return "\(Digits.fixed(share * 100, 0)) %"
    }

    package static let explanation = """
        The check compares each ratio of medians within one run with the same ratio of the committed run. A ratio may \
        be worse by \(percent(slack)), because days differ, plus twice the standard error of the change (from the \
        median absolute deviation of the rounds of both runs). If the bound exceeds \
        \(percent(greatestBound)), the result is too noisy to tell and does not pass.
        """
}

extension Measurements {
    /// Returns nil if either contender has too few rounds or a median of 0.
    func estimate(_ ratio: RatioCheck.Ratio) -> RatioCheck.Estimate? {
        guard let value = relativeMedian(ratio.figure, of: ratio.contender, ratio.mode),
            let base = relativeMedian(ratio.figure, of: ratio.other, ratio.mode)
        else { return nil }
        let squares = value.error * value.error + base.error * base.error
        return RatioCheck.Estimate(ratio: value.median / base.median, relativeError: squares.squareRoot())
    }

    /// The median and its relative standard error. 1.4826 median absolute deviations estimate a standard deviation,
    /// after a correction for few samples, and the standard error of a median of n normal samples is 1.2533 / √n of
    /// that.
    private func relativeMedian(
        _ figure: Figure, of contender: Contender, _ mode: Mode
    ) -> (median: Double, error: Double)? {
        let samples =
            series.first { $0.contender == contender && $0.mode == mode && $0.figure == figure }?.samples ?? []
        guard samples.count >= RatioCheck.leastSampleCount, let spread = Spread(samples), spread.median > 0,
            let deviation = Spread(samples.map { ($0 - spread.median).magnitude })
        else { return nil }
        let scale = 1.4826 * Self.fewSamplesFactor(samples.count) * deviation.median
        return (spread.median, 1.2533 * scale / Double(samples.count).squareRoot() / spread.median)
    }

    /// The correction of the median absolute deviation for `count` normal samples: Croux and Rousseeuw 1992,
    /// "Time-efficient algorithms for two highly robust estimators of scale", section 4.
    private static func fewSamplesFactor(_ count: Int) -> Double {
        let factors = [5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107]
        return factors[count] ?? Double(count) / (Double(count) - 0.8)
    }
}
