/// Looks for the greatest rate at which a link loses less than `tolerance`, by halving: offer `next`, note what was lost, until
/// there is no next.
public struct LossFreeSearch: Sendable {
    public static let tolerance = 0.001

    private let limit: Double
    private var halvingsLeft: Int
    private var bad: Double
    private var hasFailedOnce = false
    /// What to offer next, in datagrams a second; nil: the search is over.
    public private(set) var next: Double?
    /// The greatest rate that has passed; 0: none has.
    public private(set) var rate = 0.0

    /// - Parameters:
    ///   - limit: no link is asked for more.
    ///   - steps: halvings; the result is exact to `limit / 2^steps`.
    public init(upTo limit: Double, steps: Int) {
        self.limit = limit
        halvingsLeft = steps
        bad = limit
        next = limit
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
        if rate >= limit || halvingsLeft == 0 {
            next = nil
        } else {
            halvingsLeft -= 1
            next = (rate + bad) / 2
        }
    }

    /// The true rate is at most this much greater than `rate`, unless the limit itself has passed.
    public var resolution: Double { bad - rate }

    /// The same, with an answer at once: the greatest rate that passed.
    public static func rate<Failure: Error>(
        upTo limit: Double, steps: Int, loss: (_ rate: Double) throws(Failure) -> Double
    ) throws(Failure) -> Double {
        var search = LossFreeSearch(upTo: limit, steps: steps)
        while let rate = search.next { search.note(loss: try loss(rate)) }
        return search.rate
    }
}
