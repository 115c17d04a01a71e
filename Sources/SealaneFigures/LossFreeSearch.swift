/// Searches for the greatest rate at which a link loses less than `tolerance`. The caller offers the rate `next` and
/// records the loss, until `next` is nil. The search doubles the rate while it passes, halves it until one passes, then
/// bisects.
package struct LossFreeSearch: Sendable {
    package static let tolerance = 0.001
    /// The search gives up below this share of the first rate.
    private static let leastShare = 0x1p-10

    private let limit: Double
    private let least: Double
    private var halvingsLeft: Int
    /// The least rate that failed.
    private var bad: Double?
    private var hasFailedOnce = false
    /// The rate to offer next, in datagrams a second; nil if the search is over.
    package private(set) var next: Double?
    /// The greatest rate that passed; 0 if none did.
    package private(set) var rate = 0.0

    /// - Parameters:
    ///   - limit: the greatest rate to offer.
    ///   - first: the first rate to offer, at most `limit`; nil: `limit`.
    ///   - steps: how many times to bisect between a rate that passes and one that fails.
    package init(upTo limit: Double, startingAt first: Double? = nil, steps: Int) {
        let first = min(first ?? limit, limit)
        self.limit = limit
        least = first * Self.leastShare
        halvingsLeft = steps
        next = first
    }

    /// Records the result of offering the rate `next`. A rate fails only if it fails twice: a single stall of a shared
    /// machine says nothing about the link.
    /// - Parameter loss: the share of datagrams that was lost, 0...1.
    package mutating func record(loss: Double) {
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

    /// The true rate is at most this much greater than `rate`, unless the limit itself passed.
    package var resolution: Double { bad.map { $0 - rate } ?? 0 }

    /// Runs a whole search and returns the greatest rate that passed.
    package static func rate<Failure: Error>(
        upTo limit: Double, steps: Int, loss: (_ rate: Double) throws(Failure) -> Double
    ) throws(Failure) -> Double {
        var search = LossFreeSearch(upTo: limit, steps: steps)
        while let rate = search.next { search.record(loss: try loss(rate)) }
        return search.rate
    }
}
