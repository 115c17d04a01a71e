import SealaneTunnel
import Testing

@Suite("A refused initiation during a session")
struct RefusalBesideSessionTests {
    @Test("ends the session at once if the peer repeats its claims in a handshake that cannot be a recording")
    func peerChanged() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        try pair.restart(pair.b)
        // b is from now on what a refuses.
        pair.a.decision = .refuse(reasons: [7])
        pair.advance(by: .seconds(1))
        pair.sendFromB(2)
        pair.exchange()
        #expect(pair.a.status?.state == .refused)
        #expect(pair.a.status?.session == nil)
        #expect(pair.a.delivered.isEmpty)
        pair.sendFromA(3)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1])
    }

    @Test(
        "does not end the session if it was recorded: the agent begins a handshake, which shows the peer's real claims")
    func recorded() throws {
        let pair = try SimulatedPair()
        pair.sendFromB(1)
        pair.exchange()
        let recording = try #require(pair.seen.first { $0.from == pair.b.endpoint && $0.bytes.first == 1 })
        try pair.restart(pair.a)
        pair.advance(by: .seconds(1))
        pair.sendFromA(2)
        pair.exchange()
        #expect(pair.a.status?.state == .established)
        let parameters = pair.a.status?.parameters

        pair.advance(by: .seconds(1))
        pair.a.decision = .refuse(reasons: [7])
        pair.a.receive(datagram: recording.bytes, from: pair.b.endpoint)
        #expect(pair.a.status?.state == .established)
        #expect(pair.a.status?.parameters == parameters)
        pair.a.decision = .accept
        pair.exchange()
        pair.sendFromA(3)
        pair.sendFromB(4)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [2, 3])
        #expect(pair.a.delivered.map(number(of:)) == [1, 4])
    }
}
