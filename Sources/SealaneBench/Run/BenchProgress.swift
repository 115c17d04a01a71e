/// How far a run is, by the time that was expected for it.
public struct BenchProgress: Sendable, Equatable {
    /// Expected, in seconds: of all, and of what is done.
    let total: Double
    let done: Double
    /// That have gone by.
    let elapsed: Double
    /// What is being measured.
    let now: String

    private static var barWidth: Int { 16 }

    public init(total: Double, done: Double, elapsed: Double, now: String) {
        self.total = total
        self.done = done
        self.elapsed = elapsed
        self.now = now
    }

    /// What is left, in the pace up to now.
    public var secondsLeft: Double {
        let pace = done > 0 ? min(max(elapsed / done, 0.5), 4) : 1
        return max(total - done, 0) * pace
    }

    /// One line of at most `width` columns: `[####............]  25 %  1 min left  TCP, 4 streams to the server, plain`
    public func line(width: Int) -> String {
        let share = total > 0 ? min(max(done / total, 0), 1) : 0
        let filled = Int(share * Double(Self.barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barWidth - filled)
        let percent = "\(Int(share * 100))"
        let padding = String(repeating: " ", count: 3 - percent.count)
        return String("[\(bar)] \(padding)\(percent) %  \(Self.text(secondsLeft)) left  \(now)".prefix(width))
    }

    static func text(_ seconds: Double) -> String {
        seconds < 90 ? "\(Int(seconds.rounded(.up))) s" : "\(Int((seconds / 60).rounded())) min"
    }
}
