import SealaneAEAD
import SealanePacket
import TestSupport
import Testing

@testable import SealaneTunnel

@Suite("What is said inside sessions") struct SessionNoteTests {
    private func decoded(_ bytes: [UInt8]) -> SessionNote? {
        bytes.withUnsafeBytes { SessionNote(decoding: $0) }
    }

    @Test("has the documented layout")
    func layout() {
        #expect(SessionNote.probe(0x0102_0304).encoded() == [1, 1, 2, 3, 4])
        #expect(SessionNote.probe(7).encoded(paddedTo: 9) == [1, 0, 0, 0, 7, 0, 0, 0, 0])
        #expect(SessionNote.answer(0x0A0B_0C0D).encoded() == [2, 10, 11, 12, 13])
        #expect(SessionNote.farewell(reasons: [9, 8]).encoded() == [3, 9, 8])
        for note in [SessionNote.probe(5), .answer(.max), .farewell(reasons: []), .farewell(reasons: [1, 2, 3])] {
            #expect(decoded(note.encoded()) == note)
        }
        #expect(decoded(SessionNote.probe(5).encoded(paddedTo: 8900)) == .probe(5))
    }

    @Test("what is none of the three, too short or too long is nothing")
    func malformed() {
        for bytes in [[], [0], [1, 2, 3, 4], [2, 0, 0, 0], [2, 0, 0, 0, 1, 0], [4, 1, 2, 3, 4]] as [[UInt8]] {
            #expect(decoded(bytes) == nil, "\(bytes)")
        }
        #expect(decoded([3] + [UInt8](repeating: 1, count: HandshakePayload.reasonsByteLimit)) != nil)
        #expect(decoded([3] + [UInt8](repeating: 1, count: HandshakePayload.reasonsByteLimit + 1)) == nil)
    }

    @Test("a probe is answered with its number, and hands no packet on")
    func answered() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        _ = lane.host.takeOutbox()
        try lane.expectDrops([:]) {
            lane.receive(try session.sealed([1, 0, 0, 1, 2] + [UInt8](repeating: 0, count: 900), counter: 1, flags: 2))
        }
        let answer = try #require(lane.host.takeOutbox().last).bytes
        #expect(try session.opened(answer, flags: 2)?.packet == [2, 0, 0, 1, 2])
        #expect(lane.host.delivered.isEmpty)
        try lane.expectDrops([.malformedPacket: 1]) {
            lane.receive(try session.sealed([77], counter: 2, flags: 2))
        }
    }

    @Test("a farewell ends the peer's sessions, with its reasons")
    func farewell() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        lane.receive(try session.sealed([3] + Array("because".utf8), counter: 1, flags: 2))
        #expect(lane.host.status?.state == .refused)
        #expect(lane.host.status?.refusalByPeer == Array("because".utf8))
    }
}
