import Glibc
import SealaneFigures
import TestSupport

/// A parser that was given mutations, and how long it took for each. Its description is the report.
///
/// Times are the processor's for this thread: what else the machine does is left out.
public struct FuzzRun: CustomStringConvertible {
    /// What 99 in 100 inputs may take at most, each.
    public static var limitMicroseconds: Double { 1000 }

    private let parser: Parser
    private let inputCount: Int
    private let takenCount: Int
    private let microseconds: Spread
    private let totalMicroseconds: Double
    /// Of what the parser took longest for: the bytes, as `Parser.input(of:)` makes the input of them.
    public let slowest: [UInt8]

    /// Gives `parser` as many mutations of `files` as `inputCount`, all of which follow from `seed`. Throws if there is
    /// nothing to give.
    public init(of parser: Parser, mutating files: [[UInt8]], inputCount: Int, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var takenCount = 0
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
            // A processor can be slow for a moment. An input is slow every time.
            if time > longest { time = min(time, Self.measured { parser.takes(input) }.microseconds) }
            if time > longest { (longest, slowest) = (time, bytes) }
            times.append(time)
            if first.isTaken { takenCount += 1 }
        }
        guard let spread = Spread(times) else {
            throw Failure("\(inputCount) mutations of \(files.count) files; expected at least one of each")
        }
        self.parser = parser
        self.inputCount = times.count
        self.takenCount = takenCount
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

    public var isFast: Bool { percentile99 <= Self.limitMicroseconds }

    /// One line: how many inputs there were, how many a second of the processor, and how long they took.
    public var description: String {
        let rate = Int((Double(inputCount) / max(totalMicroseconds, 1) * 1e6).rounded())
        return "\(parser.name): \(inputCount) inputs, \(takenCount) taken, \(rate) inputs/s; "
            + "50 % within \(rounded(microseconds.median)), 99 % within \(rounded(percentile99)), "
            + "the slowest \(rounded(microseconds.maximum)), of \(slowest.count) bytes"
    }

    private func rounded(_ microseconds: Double) -> String { "\((microseconds * 10).rounded() / 10) µs" }
}
