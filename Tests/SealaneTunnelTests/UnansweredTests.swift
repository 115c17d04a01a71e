import SealanePacket
import SealaneTunnel
import Testing

@Suite("Unanswered handshakes") struct UnansweredTests {
    /// Of `count` attempts nothing arrives.
    private func attempt(_ count: Int, _ pair: SimulatedPair) {
        pair.sendFromA(1)
        var sent = 0
        while sent < count {
            sent += pair.a.popOutbox().count
            guard sent < count else { return }
            pair.advance(by: .milliseconds(500))
            pair.a.tick()
        }
    }

    @Test("are counted until the peer answers one")
    func counted() throws {
        let pair = try SimulatedPair()
        #expect(pair.a.status?.unanswered == nil)
        let begin = pair.a.now.monotonic
        attempt(5, pair)
        #expect(pair.a.status?.unanswered == UnansweredAttempts(since: begin, count: 5))
        #expect(pair.a.status?.state == .unreachable)
        pair.live(for: .seconds(7)) { _ in }
        #expect(pair.a.status?.state == .established)
        #expect(pair.a.status?.unanswered == nil)
    }

    @Test("are repeated after 250 ms, 500 ms, 1 s and 2 s, then every 5 s, each with a jitter of at most a fifteenth")
    func schedule() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        var sentAt: [MonotonicTime] = []
        while sentAt.count < 7 {
            if !pair.a.popOutbox().isEmpty { sentAt.append(pair.a.now.monotonic) }
            pair.advance(by: .milliseconds(1))
            pair.a.tick()
        }
        let delays = zip(sentAt.dropFirst(), sentAt).map { $0.since($1) }
        for (delay, expected) in zip(delays, [250, 500, 1000, 2000, 5000, 5000]) {
            let range = Duration.milliseconds(expected)...Duration.milliseconds(expected + expected / 15 + 1)
            #expect(range.contains(delay), "\(delays)")
        }
        #expect(pair.a.status?.state == .unreachable)
    }

    @Test("are repeated soon enough for a peer that starts a second later")
    func lateStart() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        for _ in 0..<10 {
            _ = pair.a.popOutbox()
            pair.advance(by: .milliseconds(100))
            pair.a.tick()
        }
        _ = pair.a.popOutbox()
        pair.live(for: .seconds(1), step: .milliseconds(100))
        #expect(pair.a.status?.state == .established)
        #expect(pair.b.delivered.count == 1)
    }

    @Test("are forgotten once the peer uses a session that it initiated")
    func heardAsResponder() throws {
        let pair = try SimulatedPair()
        attempt(2, pair)
        #expect(pair.a.status?.unanswered?.count == 2)
        pair.sendFromB(1)
        pair.exchange()
        #expect(pair.a.status?.state == .established)
        #expect(pair.a.status?.unanswered == nil)
    }

    @Test("count as answered after a refusal too")
    func refused() throws {
        let pair = try SimulatedPair()
        attempt(2, pair)
        pair.b.decision = .refuse(reasons: [1])
        pair.live(for: .seconds(7)) { _ in }
        #expect(pair.a.status?.state == .refused)
        #expect(pair.a.status?.unanswered == nil)
    }
}
