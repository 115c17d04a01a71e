import SealaneTunnel

/// Where the kernel refuses work on many packets at once and takes the same packets one by one: a destination that takes no
/// runs of datagrams, or a kind of super-packet. It is tried again after a while, each time after twice as long.
///
/// A handful of places, whose memory is taken in `init`: one more displaces the one that is due first.
struct RefusedPaths<Way: Equatable> {
    private struct Refusal {
        let way: Way
        var until: MonotonicTime
        var pause: Duration
        /// The pause is over: the next attempt decides.
        var isTried = false
    }

    private var refusals: [Refusal] = []

    private static var limit: Int { 16 }
    private static var firstPause: Duration { .seconds(5) }
    private static var longestPause: Duration { .seconds(300) }

    init() {
        refusals.reserveCapacity(Self.limit)
    }

    var isEmpty: Bool { refusals.isEmpty }

    /// Whether packets for this way go one by one now.
    func contains(_ way: Way) -> Bool {
        for refusal in refusals where refusal.way == way { return !refusal.isTried }
        return false
    }

    /// Whether the way was refused and is to be tried again.
    func isTried(_ way: Way) -> Bool { refusals.contains { $0.way == way && $0.isTried } }

    func holds(_ way: Way) -> Bool { refusals.contains { $0.way == way } }

    /// Lets those be tried again whose pause is over.
    mutating func advance(to now: MonotonicTime) {
        for at in refusals.indices where refusals[at].until <= now { refusals[at].isTried = true }
    }

    /// The way has just refused many packets at once, and taken some of them alone.
    mutating func note(refusalOf way: Way, at now: MonotonicTime) {
        if let at = refusals.firstIndex(where: { $0.way == way }) {
            guard refusals[at].isTried else { return }
            refusals[at].pause = min(refusals[at].pause * 2, Self.longestPause)
            refusals[at].until = now + refusals[at].pause
            refusals[at].isTried = false
            return
        }
        if refusals.count == Self.limit {
            let first = refusals.indices.min { refusals[$0].until < refusals[$1].until }
            if let first { refusals.remove(at: first) }
        }
        refusals.append(Refusal(way: way, until: now + Self.firstPause, pause: Self.firstPause))
    }

    /// The way has just taken many packets at once.
    mutating func note(successOf way: Way) {
        refusals.removeAll { $0.way == way && $0.isTried }
    }
}
