import SealaneTunnel
import TestSupport
import Testing

@Suite("TAI64N") struct TAI64NTests {
    @Test("a label is 2^62 plus the seconds, then the nanoseconds, big-endian, and TAI began 10 s ahead of Unix time")
    func layout() throws {
        let epoch = TAI64N(unixSeconds: 0, nanoseconds: 0)
        #expect(epoch.bytes == [0x40, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0])
        let later = TAI64N(unixSeconds: 0x0102_0304, nanoseconds: 0x0506_0708)
        #expect(later.bytes == [0x40, 0, 0, 0, 1, 2, 3, 14, 5, 6, 7, 8])
        #expect(TAI64N(bytes: later.bytes) == later)
        // Before 1970 the label goes on below 2^62.
        #expect(
            TAI64N(unixSeconds: -11, nanoseconds: 0).bytes == [0x3F] + [UInt8](repeating: 0xFF, count: 7) + [
                0, 0, 0, 0,
            ])
    }

    @Test("bytes that are not a label are refused", arguments: [0, 1, 11, 13])
    func notLabels(byteCount: Int) {
        #expect(TAI64N(bytes: [UInt8](repeating: 0, count: byteCount)) == nil)
        let seconds: [UInt8] = [0x40, 0, 0, 0, 0, 0, 0, 0]
        #expect(TAI64N(bytes: seconds + [0x3B, 0x9A, 0xC9, 0xFF]) != nil)
        #expect(TAI64N(bytes: seconds + [0x3B, 0x9A, 0xCA, 0x00]) == nil)
    }

    @Test("labels have the order of their bytes")
    func order() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<1000 {
            let pair = (0..<2).map { _ in
                TAI64N(
                    unixSeconds: Int64.random(in: -2...2, using: &random),
                    nanoseconds: UInt32.random(in: 0...3, using: &random))
            }
            #expect((pair[0] < pair[1]) == pair[0].bytes.lexicographicallyPrecedes(pair[1].bytes))
        }
    }

    @Test(
        "the successor is one nanosecond later, also at the end of a second, and more nanoseconds than a second has are refused"
    )
    func successor() {
        let last = TAI64N(unixSeconds: 7, nanoseconds: 999_999_999)
        #expect(last.successor == TAI64N(unixSeconds: 8, nanoseconds: 0))
        #expect(last < last.successor)
        #expect(TAI64N(unixSeconds: 7, nanoseconds: .max) == last)
    }

    @Test(
        "advancing carries and borrows",
        arguments: [
            (0, 1, 5, 500_000_001), (1, 500_000_000, 7, 0), (0, -500_000_001, 4, 999_999_999), (-5, 0, 0, 500_000_000),
            (0, 3_700_000_000, 9, 200_000_000), (0, -2_500_000_000, 3, 0), (-1, 1_000_000_000, 5, 500_000_000),
        ] as [(Int64, Int64, Int64, UInt32)])
    func advance(seconds: Int64, nanoseconds: Int64, unixSeconds: Int64, rest: UInt32) {
        let start = TAI64N(unixSeconds: 5, nanoseconds: 500_000_000)
        #expect(
            start.advanced(bySeconds: seconds, nanoseconds: nanoseconds)
                == TAI64N(unixSeconds: unixSeconds, nanoseconds: rest))
    }

    @Test("each initiation of a host has a greater label, even after its wall clock steps back")
    func strictlyIncreasing() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        pair.a.now.wall = pair.a.now.wall.advanced(bySeconds: -86_400, nanoseconds: 0)
        pair.live(for: .seconds(250)) { _ in pair.sendFromA(2) }
        #expect(pair.b.drops(.handshakeReplayed) == 0)
        #expect((pair.b.status?.sessionCount ?? 0) >= 3)
    }
}

@Suite("Monotonic time") struct MonotonicTimeTests {
    @Test("sums saturate at both ends of the clock, and no moment is before itself")
    func saturates() {
        let early = MonotonicTime(nanoseconds: 5)
        let late = early + .seconds(2)
        #expect(late.nanoseconds == 2_000_000_005)
        #expect(late.since(early) == .seconds(2))
        #expect(early.since(late) == .zero)
        #expect(early + .seconds(-1) == early)
        #expect((early + .seconds(Int64.max)).nanoseconds == .max)
        #expect(MonotonicTime(nanoseconds: .max).since(MonotonicTime(nanoseconds: 0)) == .nanoseconds(Int64.max))
    }
}
