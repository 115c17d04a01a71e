import SealaneTunnel

/// Where the kernel refuses many packets at once and accepts the same packets one by one: a destination that takes no runs of
/// datagrams, or a kind of super-packet. The lane tries it again after a pause, which doubles each time.
///
/// A handful of places, whose memory is allocated in `init`. One more displaces the one that is due first.
struct RefusedPaths<Path: Equatable> {
    private struct Refusal {
        let path: Path
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

    /// Whether packets for this path go one by one at present.
    func contains(_ path: Path) -> Bool {
        for refusal in refusals where refusal.path == path { return !refusal.isTried }
        return false
    }

    /// Whether the next attempt decides about a path that was refused.
    func isTried(_ path: Path) -> Bool { refusals.contains { $0.path == path && $0.isTried } }

    func holds(_ path: Path) -> Bool { refusals.contains { $0.path == path } }

    /// Ends the pauses that are over.
    mutating func advance(to now: MonotonicTime) {
        for at in refusals.indices where refusals[at].until <= now { refusals[at].isTried = true }
    }

    /// The kernel has refused many packets at once, and accepted some of them alone.
    mutating func record(refusalOf path: Path, at now: MonotonicTime) {
        if let at = refusals.firstIndex(where: { $0.path == path }) {
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
        refusals.append(Refusal(path: path, until: now + Self.firstPause, pause: Self.firstPause))
    }

    /// The kernel has accepted many packets at once.
    mutating func record(successOf path: Path) {
        refusals.removeAll { $0.path == path && $0.isTried }
    }
}
