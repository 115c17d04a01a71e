import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

@Suite("Who sits on the path, or has listened there,") struct PathCheatTests {
    private let elsewhere = Endpoint(address: IPAddress(ipv4: 0x0A4D_0063), port: 40_000)

    @Test("does not end a session by a datagram that was lost on its way and is sent from elsewhere")
    func lostAndRecorded() throws {
        let watched = try WatchedPair()
        let pair = watched.pair
        pair.sendFromA(1)
        watched.exchange()
        pair.sendFromA(2)
        let lost = try #require(pair.a.takeOutbox().first).bytes
        pair.sendFromA(3)
        watched.exchange()
        pair.b.receive(datagram: lost, from: elsewhere)
        pair.b.receive(datagram: lost, from: pair.a.endpoint, hopLimit: 200)
        #expect(watched.states == [.established, .established])
        pair.b.receive(datagram: lost, from: pair.a.endpoint)
        #expect(pair.b.delivered.map(number(of:)) == [1, 3, 2])
    }
}
