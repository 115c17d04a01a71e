import SealaneDataplane
import Testing

/// The moments are in nanoseconds.
struct SpinTests {
    /// How many sleeps without a spin come before the next spin, which finds nothing.
    private static func sleepsBeforeSpin(_ spin: inout Spin, at now: UInt64 = 0) -> Int {
        var count = 0
        while !spin.isWorthwhile(at: now) {
            spin.recordSleep(ofNanoseconds: 1_000_000)
            count += 1
        }
        spin.recordNothingFound()
        return count
    }

    @Test func `spins that find nothing become rare, down to one in 65 sleeps, and no rarer`() {
        var spin = Spin()
        let counts = (0..<10).map { _ in Self.sleepsBeforeSpin(&spin) }
        #expect(counts == [0, 1, 2, 4, 8, 16, 32, 64, 64, 64])
        #expect(Spin.greatestPenalty == 64)
    }

    @Test func `one that finds something makes the next that does not cost one sleep again`() {
        var spin = Spin()
        for _ in 0..<8 { _ = Self.sleepsBeforeSpin(&spin) }
        while !spin.isWorthwhile(at: 0) {}
        spin.recordFound()
        let counts = (0..<3).map { _ in Self.sleepsBeforeSpin(&spin) }
        #expect(counts == [0, 1, 2])
    }

    @Test func `a sleep that a spin would have bridged makes spins pay at once, a longer one does not`() {
        for (nanoseconds, pays) in [(Spin.limitNanoseconds - 1, true), (Spin.limitNanoseconds, false)] {
            var spin = Spin()
            for _ in 0..<8 { _ = Self.sleepsBeforeSpin(&spin) }
            spin.recordSleep(ofNanoseconds: nanoseconds)
            let isWorthwhile = spin.isWorthwhile(at: 0)
            #expect(isWorthwhile == pays)
        }
    }

    @Test func `where another thread wants the core there is none for a while, whatever was found`() {
        var spin = Spin()
        spin.recordContention(at: 5)
        spin.recordSleep(ofNanoseconds: 0)
        let answers = [5, 5 + Spin.pauseNanoseconds - 1, 5 + Spin.pauseNanoseconds].map { spin.isWorthwhile(at: $0) }
        #expect(answers == [false, false, true])
    }
}
