import Glibc
import TunnelFigures

/// One parser and what became of the inputs that it was given.
struct FuzzRun {
    private let parser: Parser
    private var microseconds: [Double] = []
    private var takenCount = 0

    init(of parser: Parser) {
        self.parser = parser
    }

    /// Gives the parser what `bytes` stand for, and takes the time that the processor needs for it.
    mutating func give(_ bytes: [UInt8]) {
        let input = parser.input(bytes)
        let start = Self.processorMicroseconds()
        let isTaken = parser.takes(input)
        microseconds.append(Self.processorMicroseconds() - start)
        if isTaken { takenCount += 1 }
    }

    /// Of this thread: what else the machine does is left out.
    private static func processorMicroseconds() -> Double {
        var time = timespec()
        _ = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    /// Whether 99 in 100 inputs took at most 1 ms each.
    var isFast: Bool {
        guard let spread = Spread(microseconds) else { return true }
        return spread.percentile(0.99) <= 1000
    }

    /// Prints how many inputs there were and how long they took.
    func report() {
        guard let spread = Spread(microseconds) else { return }
        let shares = [(0.5, "50 %"), (0.99, "99 %"), (0.9999, "99.99 %")].map { share, name in
            "\(name) within \(rounded(spread.percentile(share)))"
        }
        print(
            "\(parser.rawValue): \(microseconds.count) inputs, \(takenCount) taken; "
                + "\(shares.joined(separator: ", ")), the longest \(rounded(spread.maximum))")
    }

    private func rounded(_ microseconds: Double) -> String { "\((microseconds * 10).rounded() / 10) µs" }
}
