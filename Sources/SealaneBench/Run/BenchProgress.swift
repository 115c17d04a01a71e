/// The progress of a run, measured by expected time.
package struct BenchProgress: Sendable, Equatable {
    /// Expected seconds: of the whole run, and of the finished part.
    let total: Double
    let done: Double
    /// Seconds since the start.
    let elapsed: Double
    /// The title of the current measurement.
    let now: String

    private static var barWidth: Int { 16 }

    package init(total: Double, done: Double, elapsed: Double, now: String) {
        self.total = total
        self.done = done
        self.elapsed = elapsed
        self.now = now
    }

    /// The remaining time at the pace so far.
    package var secondsLeft: Double {
        let pace = done > 0 ? min(max(elapsed / done, 0.5), 4) : 1
        return max(total - done, 0) * pace
    }

    /// One line of at most `width` columns: `[####............]  25 %  1 min left  TCP, 4 streams to the server, plain`
    package func line(width: Int) -> String {
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
