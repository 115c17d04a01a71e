import Glibc
import ParserFuzzing
import Testing

@Suite("A fuzz run")
struct FuzzRunTests {
    private struct TooShort: Error {}

    /// Accepts inputs of 4 bytes or more, and takes 1.2 ms of CPU time for accepted inputs longer than
    /// `quickByteCount`.
    private static func parser(quickByteCount: Int) -> Parser {
        Parser(
            "sample", seeds: { [[1, 2, 3, 4]] },
            parse: { input in
                guard input.count >= 4 else { throw TooShort() }
                let end = Self.processorNanoseconds() + (input.count > quickByteCount ? 1_200_000 : 0)
                while Self.processorNanoseconds() < end {}
            })
    }

    /// The CPU time of this thread.
    private static func processorNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func run(quickByteCount: Int) throws -> FuzzRun {
        let parser = parser(quickByteCount: quickByteCount)
        return try FuzzRun(of: parser, mutating: parser.seeds(), inputCount: 200, seed: 1)
    }

    @Test("is too slow if more than one of a hundred inputs takes longer than 1 ms, and keeps the slowest")
    func slow() throws {
        // Mutations sometimes insert bytes.
        let run = try Self.run(quickByteCount: 4)
        #expect(!run.isFast, "\(run)")
        #expect(run.slowest.count > 4)
        #expect(try Self.run(quickByteCount: .max).isFast)
    }

    @Test("reports the number of inputs, accepted inputs, and inputs per second")
    func report() throws {
        let text = try Self.run(quickByteCount: 0).description
        let form =
            #/sample: 200 inputs, (\d+) accepted, (\d+) inputs/s; .*, 99 % within (\d+)\..*, the slowest (\d+)\..*/#
        let match = try #require(text.wholeMatch(of: form), "\(text)")
        let figures = [match.1, match.2, match.3, match.4].compactMap { Double($0) }
        try #require(figures.count == 4)
        #expect((1...199).contains(figures[0]))
        // 1.2 ms for accepted inputs, almost nothing for the others.
        #expect(figures[1] > 0 && figures[1] <= 200 / (figures[0] * 0.0012) + 1, "\(text)")
        #expect(figures[2] >= 1200 && figures[3] >= figures[2], "\(text)")
    }

    @Test("fails without inputs")
    func nothing() {
        let parser = Self.parser(quickByteCount: .max)
        #expect(throws: (any Error).self) { try FuzzRun(of: parser, mutating: [[1]], inputCount: 0, seed: 1) }
        #expect(throws: (any Error).self) { try FuzzRun(of: parser, mutating: [], inputCount: 1, seed: 1) }
    }

    @Test("refuses an unknown parser name and lists the known ones")
    func unknownName() throws {
        let known = try #require(Parser.all.first).name
        #expect(try Parser.named(known).name == known)
        do {
            _ = try Parser.named("nobody")
            Issue.record("taken")
        } catch {
            #expect("\(error)".contains("\"nobody\"") && "\(error)".contains(known))
        }
    }
}
