import SealaneFigures

/// One ratio of two contenders, as it was committed and as it is now. Both were measured within one run each, so that what
/// one day's machine is faster than another's falls out of it.
public struct RatioCheck: Sendable {
    /// `contender` over `other`.
    public struct Ratio: Sendable, Equatable {
        public let contender: Contender
        public let other: Contender
        public let figure: Figure
        public let mode: Mode

        public init(_ contender: Contender, to other: Contender, _ figure: Figure, _ mode: Mode) {
            self.contender = contender
            self.other = other
            self.figure = figure
            self.mode = mode
        }

        var lessIsBetter: Bool { figure.group != .tcp && figure.group != .udp }

        public var title: String {
            let what = figure.group == .tcp ? "TCP" : "CPU per GiB"
            return "\(what), \(figure.title), \(mode.rawValue): \(contender.title) / \(other.title)"
        }
    }

    /// A ratio of medians, and how far it may be off.
    public struct Estimate: Sendable, Equatable {
        public let ratio: Double
        /// The standard error over the ratio.
        public let relativeError: Double

        public init(ratio: Double, relativeError: Double) {
            self.ratio = ratio
            self.relativeError = relativeError
        }
    }

    public enum Decision: String, Sendable {
        case holds
        case improved
        case regressed
        /// Neither a loss nor that there is none can be told.
        case tooNoisy = "too noisy to tell"
        case missing = "not measured"

        /// What is not known has not passed.
        public var passes: Bool { self == .holds || self == .improved }
    }

    public let ratio: Ratio
    public let committed: Estimate?
    public let measured: Estimate?

    public init(_ ratio: Ratio, committed: Estimate?, measured: Estimate?) {
        self.ratio = ratio
        self.committed = committed
        self.measured = measured
    }

    /// What a change may be without being one: kernels, compilers and neighbours on the same machine differ from day to day
    /// by more than the rounds of one run show.
    public static let slack = 0.15
    /// Above it a bound says nothing.
    public static let greatestBound = 0.60
    /// A standard error of fewer samples is chance: of three it often is 0.
    public static let leastSampleCount = 5

    /// How much worse, as a share, is still noise: `slack`, and twice the standard error of the change.
    public var bound: Double? {
        guard let committed, let measured else { return nil }
        let squares =
            committed.relativeError * committed.relativeError + measured.relativeError * measured.relativeError
        return Self.slack + 2 * squares.squareRoot()
    }

    /// How much worse it is now, as a share: 0.25 is a quarter more cost, or the throughput of which a quarter more would
    /// be needed. Negative: better.
    public var worsening: Double? {
        guard let committed, let measured else { return nil }
        return (ratio.lessIsBetter ? measured.ratio / committed.ratio : committed.ratio / measured.ratio) - 1
    }

    public var decision: Decision {
        guard let bound, let worsening, let committed, let measured else { return .missing }
        if worsening > bound { return .regressed }
        if bound > Self.greatestBound { return .tooNoisy }
        let gain = (ratio.lessIsBetter ? committed.ratio / measured.ratio : measured.ratio / committed.ratio) - 1
        return gain > bound ? .improved : .holds
    }

    /// The ratios that are compared, of throughput and of cost: what is left without a cipher, what each cipher leaves of
    /// that, and the one that people quote. Where both are tunnels the cost is the sending agent's own, to which the rest of
    /// the machine adds nothing.
    public static let ratios: [Ratio] = Mode.allCases.flatMap { mode in
        [
            (Contender.sealaneNoCipher, Contender.noTunnel), (.sealaneAESIPsecMB, .sealaneNoCipher),
            (.sealaneAESLibsodium, .sealaneNoCipher), (.sealaneAESIPsecMB, .wireGuardGo),
        ].flatMap { contender, other in
            [Figure.tcp1, other == .noTunnel ? .machineCost : .senderCost].map { figure in
                Ratio(contender, to: other, figure, mode)
            }
        }
    }

    /// What `ratios` need.
    public static let contenders: [Contender] = Contender.allCases.filter { contender in
        ratios.contains { $0.contender == contender || $0.other == contender }
    }

    public static func compare(_ measured: Measurements, with committed: Measurements) -> [RatioCheck] {
        ratios.map { ratio in
            RatioCheck(ratio, committed: committed.estimate(ratio), measured: measured.estimate(ratio))
        }
    }

    public static func table(_ checks: [RatioCheck]) -> Table {
        Table(
            heading: ["ratio", "committed", "now", "worse by", "bound", "decision"],
            rows: checks.map { check in
                [
                    check.ratio.title, text(check.committed), text(check.measured),
                    check.worsening.map(percent) ?? "-", check.bound.map(percent) ?? "-", check.decision.rawValue,
                ]
            })
    }

    /// What the checks come to.
    public struct Conclusion: Sendable, Equatable {
        public let lines: [String]
        /// Of the program: 0 all hold; 1 one is worse past its bound, or a contender failed; 2 not all could be told.
        public let status: Int32
    }

    /// - Parameter measured: the run that `checks` are of; contenders that failed in it, or were left out, are named.
    public static func conclusion(_ checks: [RatioCheck], of measured: Measurements) -> Conclusion {
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
            lines: ["all ratios hold: none is worse past its bound, the widest of which is \(percent(widest))"],
            status: 0)
    }

    private static func text(_ estimate: Estimate?) -> String {
        estimate.map { "\(Digits.fixed($0.ratio, 3)) ±\(percent($0.relativeError))" } ?? "-"
    }

    private static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "\(share)" }
        return "\(Digits.fixed(share * 100, 0)) %"
    }

    public static let explanation = """
        A ratio of medians within one run is compared with the same ratio in the committed run. It may be worse by \
        \(percent(slack)), which days differ by, and by twice the standard error of the change (from the median absolute \
        deviation of both runs' rounds). Where that bound exceeds \(percent(greatestBound)) nothing can be told, and what \
        cannot be told has not passed.
        """
}

extension Measurements {
    /// nil if either was measured in fewer rounds than say something, or came to nothing.
    func estimate(_ ratio: RatioCheck.Ratio) -> RatioCheck.Estimate? {
        guard let value = relativeMedian(ratio.figure, of: ratio.contender, ratio.mode),
            let base = relativeMedian(ratio.figure, of: ratio.other, ratio.mode)
        else { return nil }
        let squares = value.error * value.error + base.error * base.error
        return RatioCheck.Estimate(ratio: value.median / base.median, relativeError: squares.squareRoot())
    }

    /// The median, and its standard error as a share of it: 1.4826 median absolute deviations are a standard deviation, but
    /// for what they miss of it with few samples, and a median of n normal samples is off by 1.2533 / √n of that.
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

    /// Croux and Rousseeuw 1992, "Time-efficient algorithms for two highly robust estimators of scale", section 4: by how
    /// much the median absolute deviation of `count` normal samples is too small on average.
    private static func fewSamplesFactor(_ count: Int) -> Double {
        let factors = [5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107]
        return factors[count] ?? Double(count) / (Double(count) - 0.8)
    }
}
