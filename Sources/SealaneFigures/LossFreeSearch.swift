/// Looks for the greatest rate at which a link loses less than `tolerance`, by halving.
public enum LossFreeSearch {
    public static let tolerance = 0.001

    /// - Parameters:
    ///   - limit: no link is asked for more.
    ///   - steps: halvings; the result is exact to `limit / 2^steps`.
    ///   - loss: offers this many datagrams a second for a while and returns the share that was lost, 0...1.
    /// - Returns: the greatest rate that passed, 0 if none did. A rate has failed when it has failed twice: one stall of
    ///   a shared machine says nothing about the link.
    public static func rate<Failure: Error>(
        upTo limit: Double, steps: Int, loss: (_ rate: Double) throws(Failure) -> Double
    ) throws(Failure) -> Double {
        func passes(_ rate: Double) throws(Failure) -> Bool {
            if try loss(rate) < tolerance { return true }
            return try loss(rate) < tolerance
        }
        if try passes(limit) { return limit }
        var good = 0.0
        var bad = limit
        for _ in 0..<steps {
            let middle = (good + bad) / 2
            if try passes(middle) { good = middle } else { bad = middle }
        }
        return good
    }
}
