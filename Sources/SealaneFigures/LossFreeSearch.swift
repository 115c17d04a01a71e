/// Looks for the greatest rate at which a link loses less than `tolerance`: offer `next`, note what was lost, until there is no
/// next. Doubles as long as rates pass, halves until one passes, then halves what is between.
public struct LossFreeSearch: Sendable {
    public static let tolerance = 0.001
    /// No rate below this share of the first is tried.
    private static let leastShare = 0x1p-10

    private let limit: Double
    private let least: Double
    private var halvingsLeft: Int
    /// The least rate that has failed.
    private var bad: Double?
    private var hasFailedOnce = false
    /// What to offer next, in datagrams a second; nil: the search is over.
    public private(set) var next: Double?
    /// The greatest rate that has passed; 0: none has.
    public private(set) var rate = 0.0

    /// - Parameters:
    ///   - limit: no link is asked for more.
    ///   - first: where to begin, at most `limit`; nil: there.
    ///   - steps: how often what lies between a rate that passes and one that fails is halved.
    public init(upTo limit: Double, startingAt first: Double? = nil, steps: Int) {
        let first = min(first ?? limit, limit)
        self.limit = limit
        least = first * Self.leastShare
        halvingsLeft = steps
        next = first
    }

    /// - Parameter loss: of what was offered at the rate `next`, the share that was lost, 0...1. A rate has failed when it has
    ///   failed twice: one stall of a shared machine says nothing about the link.
    public mutating func note(loss: Double) {
        guard let tried = next else { return }
        let passes = loss < Self.tolerance
        guard passes || hasFailedOnce else {
            hasFailedOnce = true
            return
        }
        hasFailedOnce = false
        if passes { rate = tried } else { bad = tried }
        next = following
    }

    private var following: Double? {
        mutating get {
            guard let bad else { return rate < limit ? min(2 * rate, limit) : nil }
            let middle = (rate + bad) / 2
            guard rate > 0 else { return middle >= least ? middle : nil }
            guard halvingsLeft > 0 else { return nil }
            halvingsLeft -= 1
            return middle
        }
    }

    /// The true rate is at most this much greater than `rate`, unless the limit itself has passed.
    public var resolution: Double { bad.map { $0 - rate } ?? 0 }

    /// The same, with an answer at once: the greatest rate that passed.
    public static func rate<Failure: Error>(
        upTo limit: Double, steps: Int, loss: (_ rate: Double) throws(Failure) -> Double
    ) throws(Failure) -> Double {
        var search = LossFreeSearch(upTo: limit, steps: steps)
        while let rate = search.next { search.note(loss: try loss(rate)) }
        return search.rate
    }
}
