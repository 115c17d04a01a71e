import Glibc
import SealaneFigures
import TestSupport

/// A parser's run over mutations, with the time that it took for each. Its description is the report.
///
/// Times are CPU times of this thread, so other load does not affect them.
package struct FuzzRun: CustomStringConvertible {
    /// The maximum time for 99 of 100 inputs, each.
    package static var limitMicroseconds: Double { 1000 }

    private let parser: Parser
    private let inputCount: Int
    private let acceptedCount: Int
    private let microseconds: Spread
    private let totalMicroseconds: Double
    /// The bytes of the slowest input, before `Parser.input(of:)`.
    package let slowest: [UInt8]

    /// Runs `parser` on `inputCount` mutations of `files`, determined by `seed`. Throws if there are no inputs.
    package init(of parser: Parser, mutating files: [[UInt8]], inputCount: Int, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var acceptedCount = 0
        var times: [Double] = []
        times.reserveCapacity(max(inputCount, 0))
        var longest = 0.0
        var slowest: [UInt8] = []
        for _ in 0..<max(inputCount, 0) {
            guard let file = files.randomElement(using: &random) else { break }
            let bytes = file.mutated(using: &random)
            let input = parser.input(of: bytes)
            let first = Self.measured { parser.takes(input) }
            var time = first.microseconds
            // A CPU can be slow for a moment, so a slow input is measured again.
            if time > longest { time = min(time, Self.measured { parser.takes(input) }.microseconds) }
            if time > longest { (longest, slowest) = (time, bytes) }
            times.append(time)
            if first.isTaken { acceptedCount += 1 }
        }
        guard let spread = Spread(times) else {
            throw Failure("\(inputCount) mutations of \(files.count) files; expected at least one of each")
        }
        self.parser = parser
        self.inputCount = times.count
        self.acceptedCount = acceptedCount
        microseconds = spread
        totalMicroseconds = times.reduce(0, +)
        self.slowest = slowest
    }

    private static func measured(_ takes: () -> Bool) -> (microseconds: Double, isTaken: Bool) {
        let start = processorMicroseconds()
        let isTaken = takes()
        return (processorMicroseconds() - start, isTaken)
    }

    private static func processorMicroseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    private var percentile99: Double { microseconds.percentile(0.99) }

    package var isFast: Bool { percentile99 <= Self.limitMicroseconds }

    /// One line: the number of inputs, inputs per second of CPU time, and the time they took.
    package var description: String {
        let rate = Int((Double(inputCount) / max(totalMicroseconds, 1) * 1e6).rounded())
        return "\(parser.name): \(inputCount) inputs, \(acceptedCount) accepted, \(rate) inputs/s; "
            + "50 % within \(rounded(microseconds.median)), 99 % within \(rounded(percentile99)), "
            + "the slowest \(rounded(microseconds.maximum)), of \(slowest.count) bytes"
    }

    private func rounded(_ microseconds: Double) -> String { "\((microseconds * 10).rounded() / 10) µs" }
}
