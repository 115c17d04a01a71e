import SealanePacket
import SealaneTunnel
import Testing

@Suite("Handshakes that a peer does not answer") struct UnansweredTests {
    /// Of `count` attempts nothing arrives.
    private func attempt(_ count: Int, _ pair: SimulatedPair) {
        pair.sendFromA(1)
        var sent = 0
        while sent < count {
            sent += pair.a.takeOutbox().count
            guard sent < count else { return }
            pair.advance(by: .milliseconds(500))
            pair.a.tick()
        }
    }

    @Test("are counted from the first on, until the peer answers one")
    func counted() throws {
        let pair = try SimulatedPair()
        #expect(pair.a.status?.unanswered == nil)
        let begin = pair.a.now.monotonic
        attempt(4, pair)
        #expect(pair.a.status?.unanswered == UnansweredAttempts(since: begin, count: 4))
        #expect(pair.a.status?.state == .unreachable)
        pair.live(for: .seconds(7)) { _ in }
        #expect(pair.a.status?.state == .established)
        #expect(pair.a.status?.unanswered == nil)
    }

    @Test("are forgotten once the peer has begun one of its own and uses its session")
    func heardAsResponder() throws {
        let pair = try SimulatedPair()
        attempt(2, pair)
        #expect(pair.a.status?.unanswered?.count == 2)
        pair.sendFromB(1)
        pair.exchange()
        #expect(pair.a.status?.state == .established)
        #expect(pair.a.status?.unanswered == nil)
    }

    @Test("are answered by a refusal as well")
    func refused() throws {
        let pair = try SimulatedPair()
        attempt(2, pair)
        pair.b.admission = .refused(reasons: [1])
        pair.live(for: .seconds(7)) { _ in }
        #expect(pair.a.status?.state == .refused)
        #expect(pair.a.status?.unanswered == nil)
    }
}
