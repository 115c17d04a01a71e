import Glibc
import ParserFuzzing
import Testing

@Suite("A parser under mutations")
struct FuzzRunTests {
    private struct TooShort: Error {}

    /// Takes what has 4 bytes or more, and 1.2 ms of the processor for each of these that has more than
    /// `quickByteCount`.
    private static func parser(quickByteCount: Int) -> Parser {
        Parser(
            "made-up", seeds: { [[1, 2, 3, 4]] },
            parse: { input in
                guard input.count >= 4 else { throw TooShort() }
                let end = Self.processorNanoseconds() + (input.count > quickByteCount ? 1_200_000 : 0)
                while Self.processorNanoseconds() < end {}
            })
    }

    /// Of this thread.
    private static func processorNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func run(quickByteCount: Int) throws -> FuzzRun {
        let parser = parser(quickByteCount: quickByteCount)
        return try FuzzRun(of: parser, mutating: parser.seeds(), inputCount: 200, seed: 1)
    }

    @Test("is too slow if more than one input in a hundred takes longer than 1 ms; the slowest is kept")
    func slow() throws {
        // Mutations put something in now and then.
        let run = try Self.run(quickByteCount: 4)
        #expect(!run.isFast, "\(run)")
        #expect(run.slowest.count > 4)
        #expect(try Self.run(quickByteCount: .max).isFast)
    }

    @Test("the report has the inputs, how many were taken, and how many a second")
    func report() throws {
        let text = try Self.run(quickByteCount: 0).description
        let form =
            #/made-up: 200 inputs, (\d+) taken, (\d+) inputs/s; .*, 99 % within (\d+)\..*, the slowest (\d+)\..*/#
        let match = try #require(text.wholeMatch(of: form), "\(text)")
        let figures = [match.1, match.2, match.3, match.4].compactMap { Double($0) }
        try #require(figures.count == 4)
        #expect((1...199).contains(figures[0]))
        // 1.2 ms for those that are taken, next to nothing for the others.
        #expect(figures[1] > 0 && figures[1] <= 200 / (figures[0] * 0.0012) + 1, "\(text)")
        #expect(figures[2] >= 1200 && figures[3] >= figures[2], "\(text)")
    }

    @Test("is not fast for want of inputs: a run without any is an error")
    func nothing() {
        let parser = Self.parser(quickByteCount: .max)
        #expect(throws: (any Error).self) { try FuzzRun(of: parser, mutating: [[1]], inputCount: 0, seed: 1) }
        #expect(throws: (any Error).self) { try FuzzRun(of: parser, mutating: [], inputCount: 1, seed: 1) }
    }

    @Test("a name that no parser has is refused, with those that there are")
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
