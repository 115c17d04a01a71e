import SealaneTunnel
import TestSupport
import Testing

/// A search over a simulated path: probes up to `mtu` bytes arrive, each with its chance, and are answered after a while.
private struct SearchedPath {
    var mtu: Int
    /// In each direction.
    var lossPercent = 0
    /// Of datagrams over 1000 bytes, on top.
    var lossPercentOfLarge = 0
    var roundTrip = Duration.milliseconds(2)
    var random: SeededRandom

    /// Runs a search to its end. What it found, how long that took, and how many probes.
    mutating func search(target: Int, least: Int = 65) -> (MTUSearch.Outcome, Duration, probes: Int) {
        let start = MonotonicTime(nanoseconds: 1_000_000_000)
        var now = start
        var search = MTUSearch(target: target, least: least, firstNumber: 100, at: now)
        var underWay: [(at: MonotonicTime, number: UInt32)] = []
        var count = 0
        while search.outcome == .searching, now.since(start) < .seconds(60) {
            for probe in search.popDue(at: now) {
                count += 1
                let loss = lossPercent + (probe.byteCount > 1000 ? lossPercentOfLarge : 0)
                guard probe.byteCount <= mtu, !random.chance(loss), !random.chance(lossPercent) else { continue }
                underWay.append((now + roundTrip, probe.number))
            }
            let next = (underWay.map(\.at) + [search.dueAt]).min() ?? search.dueAt
            now = max(now, next)
            for answer in underWay where answer.at <= now { search.record(answerTo: answer.number, at: now) }
            underWay.removeAll { $0.at <= now }
        }
        return (search.outcome, now.since(start), count)
    }
}

/// A search over a path that carries the target, through a token bucket (what exceeds it is dropped) or a queue that is
/// limited in bytes, which other packets fill beyond what it lets through.
private struct PolicedPath {
    let bytesPerSecond: Double
    let overload: Double
    let packetByteCount: Int
    let isPolicer: Bool
    /// Bytes that may pass now; or that wait.
    private var level = 0.0

    init(bytesPerSecond: Double, overload: Double, packetByteCount: Int, isPolicer: Bool) {
        self.bytesPerSecond = bytesPerSecond
        self.overload = overload
        self.packetByteCount = packetByteCount
        self.isPolicer = isPolicer
    }

    private mutating func pass(_ byteCount: Int) -> Bool {
        let size = Double(byteCount)
        if isPolicer {
            guard level >= size else { return false }
            level -= size
        } else {
            guard level + size <= 6000 else { return false }
            level += size
        }
        return true
    }

    private mutating func elapse(_ seconds: Double) {
        let bytes = bytesPerSecond * seconds
        level = isPolicer ? min(level + bytes, 3000) : max(level - bytes, 0)
    }

    /// For a minute at most.
    mutating func search(target: Int) -> MTUSearch.Outcome {
        let interval = Double(packetByteCount) / (bytesPerSecond * overload)
        var now = MonotonicTime(nanoseconds: 1_000_000_000)
        let end = now + .seconds(60)
        for _ in 0..<2000 {
            _ = pass(packetByteCount)
            elapse(interval)
        }
        var search = MTUSearch(target: target, least: 65, firstNumber: 0, at: now)
        var answers: [(at: MonotonicTime, number: UInt32)] = []
        while search.outcome == .searching, now < end {
            for probe in search.popDue(at: now) where pass(probe.byteCount) {
                answers.append((now + .milliseconds(2), probe.number))
            }
            _ = pass(packetByteCount)
            elapse(interval)
            now = now + .nanoseconds(Int64(interval * 1e9))
            for answer in answers where answer.at <= now { search.record(answerTo: answer.number, at: now) }
            answers.removeAll { $0.at <= now }
        }
        return search.outcome
    }
}

@Suite("The search for the path MTU") struct MTUSearchTests {
    @Test(
        "for a path that carries the target, one probe and one round trip suffice", arguments: [1280, 1500, 9001])
    func whole(target: Int) {
        var path = SearchedPath(mtu: target, random: SeededRandom(seed: 1))
        let (outcome, duration, probes) = path.search(target: target)
        #expect(outcome == .carries(target))
        #expect(duration == .milliseconds(2))
        #expect(probes == 1)
    }

    @Test(
        "the MTU of a path that carries less is found to the byte, within seconds and without ICMP",
        arguments: [68, 576, 1280, 1380, 1450, 1499, 1500, 4321, 8500, 8951, 9000], [1, 40, 300])
    func reduced(mtu: Int, milliseconds: Int) {
        var path = SearchedPath(mtu: mtu, roundTrip: .milliseconds(milliseconds), random: SeededRandom(seed: 2))
        let (outcome, duration, probes) = path.search(target: 9001)
        #expect(outcome == .carries(mtu))
        #expect(duration < (milliseconds < 100 ? .seconds(8) : .seconds(60)))
        #expect(probes < 2000)
    }

    @Test("a congested path is not reported as reduced", arguments: [1, 10, 40], UInt64(0)..<100)
    func congested(lossPercent: Int, seed: UInt64) {
        var path = SearchedPath(mtu: 9001, lossPercent: lossPercent, random: SeededRandom(seed: seed))
        #expect(path.search(target: 9001).0 == .carries(9001))
    }

    @Test(
        "a path that loses large datagrams more often than small ones is not reported as reduced",
        arguments: UInt64(0)..<300)
    func congestedByBytes(seed: UInt64) {
        var path = SearchedPath(mtu: 9001, lossPercentOfLarge: 70, random: SeededRandom(seed: seed))
        #expect(path.search(target: 9001).0 == .carries(9001))
    }

    @Test("a reduced path is detected under loss too, never with more than it carries", arguments: UInt64(0)..<50)
    func reducedUnderLoss(seed: UInt64) {
        var path = SearchedPath(mtu: 8500, lossPercent: 5, random: SeededRandom(seed: seed))
        guard case .carries(let carried) = path.search(target: 9001).0 else {
            Issue.record("nothing found")
            return
        }
        #expect((8400...8500).contains(carried))
    }

    @Test(
        "a path with a policer, or with a queue limited in bytes and full of other packets, is not reported as reduced",
        arguments: [1, 2, 4, 16], [1.02, 1.1, 1.5, 3.0])
    func policed(megabits: Int, overload: Double) {
        for isPolicer in [true, false] {
            for packetByteCount in [128, 1500] {
                var path = PolicedPath(
                    bytesPerSecond: Double(megabits) * 125_000, overload: overload, packetByteCount: packetByteCount,
                    isPolicer: isPolicer)
                let outcome = path.search(target: 1500)
                if case .carries(let carried) = outcome {
                    #expect(carried == 1500, "\(megabits) Mbit/s, \(overload), \(packetByteCount), \(isPolicer)")
                } else {
                    #expect(outcome == .searching, "\(megabits) Mbit/s, \(overload), \(packetByteCount), \(isPolicer)")
                }
            }
        }
    }

    @Test("data of full size that arrived proves the path MTU")
    func proofByData() {
        let now = MonotonicTime(nanoseconds: 5)
        var search = MTUSearch(target: 1500, least: 65, firstNumber: 10, at: now)
        _ = search.popDue(at: now)
        let later = now + .milliseconds(100)
        let probes = search.popDue(at: later)
        let shortest = probes.first { $0.byteCount == 65 }?.number ?? 0
        search.record(answerTo: shortest, greatest: 1300, at: later)
        #expect(search.outcome == .searching)
        search.record(answerTo: shortest + 1, greatest: 9001, at: later)
        #expect(search.outcome == .carries(1500))
    }

    @Test("a path on which nothing arrives is not reported as reduced")
    func silent() {
        var path = SearchedPath(mtu: 0, random: SeededRandom(seed: 3))
        let (outcome, duration, _) = path.search(target: 1500)
        #expect(outcome == .silent)
        #expect(duration >= .seconds(5) && duration < .seconds(6))
    }

    @Test("an answer without a probe has no effect")
    func unexpectedAnswers() {
        let now = MonotonicTime(nanoseconds: 5)
        var search = MTUSearch(target: 1500, least: 65, firstNumber: 10, at: now)
        let probes = search.popDue(at: now)
        #expect(probes.map(\.number) == [10] && probes.map(\.byteCount) == [1500])
        for number: UInt32 in [0, 9, 11, .max] { search.record(answerTo: number, at: now) }
        #expect(search.outcome == .searching)
        search.record(answerTo: 10, at: now)
        #expect(search.outcome == .carries(1500))
    }
}
