import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// Hosts whose clocks are wrong, and recordings.
@Suite("Handshakes and clocks") struct ClockTests {
    private let hours: Int64 = 2 * 3600

    private func step(_ host: SimulatedHost, by seconds: Int64) {
        host.now.wall = host.now.wall.advanced(bySeconds: seconds, nanoseconds: 0)
    }

    /// B's agent restarts, with its own clock, and A, which has sent all it had to send, has forgotten nothing.
    private func restart(_ pair: SimulatedPair) throws { try restart(pair.b, of: pair) }

    private func restart(_ host: SimulatedHost, of pair: SimulatedPair) throws {
        try host.forgetAll()
        try pair.restart(host)
    }

    private func events(_ host: SimulatedHost) -> [ClockObjection] {
        host.tunnelEvents.compactMap { if case .clockDiffers(_, let objection) = $0 { objection } else { nil } }
    }

    /// Whether a packet from B reaches A at once.
    private func reaches(_ pair: SimulatedPair, _ number: UInt32) -> Bool {
        pair.sendFromB(number)
        pair.exchange()
        return pair.a.delivered.last.map { SealaneTunnelTests.number(of: $0) == number } ?? false
    }

    @Test("a host whose clock was hours ahead for one handshake gets a session as soon as its clock is right")
    func ahead() throws {
        let pair = try SimulatedPair()
        step(pair.b, by: hours)
        #expect(reaches(pair, 1), "also while it is ahead")
        #expect(pair.a.status?.clock?.kind == .ahead)
        #expect(pair.a.status?.clock?.isByPeer == false)
        #expect(pair.b.status?.clock?.kind == .ahead)
        #expect(pair.b.status?.clock?.isByPeer == true)
        #expect(events(pair.a).count == 1 && events(pair.b).count == 1)

        // Both have long fallen silent.
        pair.live(for: .seconds(600))
        try restart(pair)
        step(pair.b, by: -hours)
        #expect(reaches(pair, 2))
        #expect(pair.a.drops(.handshakeReplayed) == 0)
        #expect(pair.a.status?.clock == nil)
    }

    @Test("the same holds if the peer believed that time because its own clock was wrong too")
    func believed() throws {
        let pair = try SimulatedPair()
        // Both are ahead; then both are right, and B alone restarts.
        step(pair.a, by: hours)
        step(pair.b, by: hours)
        #expect(reaches(pair, 1))
        pair.live(for: .seconds(600))
        step(pair.a, by: -hours)
        step(pair.b, by: -hours)
        try restart(pair)
        #expect(reaches(pair, 2))
        #expect(pair.a.status?.lastRefusedHandshake?.source == pair.b.endpoint)
        for (host, isByPeer) in [(pair.a, false), (pair.b, true)] {
            let clock = try #require(host.status?.clock)
            #expect(clock.kind == .behind)
            #expect(clock.isByPeer == isByPeer)
            #expect(clock.comparedWith > clock.stated)
        }
        // It lasts: sessions are renewed by the end whose time counts.
        pair.live(for: .seconds(400)) { turn in if turn.isMultiple(of: 4) { pair.sendFromB(UInt32(10 + turn)) } }
        #expect(pair.b.status?.state == .established)
        #expect((pair.b.status?.sessionCount ?? 0) >= 3)
        #expect((pair.b.status?.sessionCount ?? 0) <= 6, "no session after the other")
    }

    @Test("after a clock is corrected while the agent runs, the agent states the right time after one more handshake")
    func steppedBack() throws {
        let pair = try SimulatedPair()
        step(pair.b, by: hours)
        #expect(reaches(pair, 1))
        step(pair.b, by: -hours)
        for number: UInt32 in 2...3 {
            pair.live(for: .seconds(600))
            #expect(reaches(pair, number))
        }
        #expect(pair.a.status?.clock == nil && pair.b.status?.clock == nil)
        #expect(pair.a.drops(.handshakeAheadOfClock) == 2)
    }

    @Test(
        "two hosts whose clocks differ in any way agree on a session, whichever timestamps either has forgotten",
        arguments: [-1_700_000_000, -86_400, -7_200, 0, 7_200, 86_400, 3_000_000_000] as [Int64], [false, true])
    func anyDifference(seconds: Int64, isBoth: Bool) throws {
        for (forgets, seed) in [(0, 1), (1, 2), (2, 3), (3, 4)] as [(Int, UInt64)] {
            let pair = try SimulatedPair(seed: seed)
            #expect(reaches(pair, 1))
            pair.live(for: .seconds(600))
            step(pair.a, by: seconds)
            for (bit, host) in [(1, pair.a), (2, pair.b)] where forgets & bit != 0 {
                try restart(host, of: pair)
            }
            if isBoth { pair.sendFromA(2) }
            pair.sendFromB(3)
            pair.exchange()
            pair.live(for: .seconds(7))
            let what = "\(seconds) s, forgetting \(forgets), both \(isBoth)"
            #expect(pair.a.delivered.last.map { number(of: $0) } == 3, "\(what)")
            if isBoth { #expect(pair.b.delivered.last.map { number(of: $0) } == 2, "\(what)") }
        }
    }

    @Test(
        "an initiation that the peer sent because of an earlier one still counts after the next one has left",
        arguments: 1...4)
    func latePrompt(seed: UInt64) throws {
        let pair = try SimulatedPair(seed: UInt64(seed))
        pair.sendFromA(1)
        pair.exchange()
        pair.live(for: .seconds(600))
        try restart(pair.a, of: pair)
        step(pair.a, by: -hours)
        pair.sendFromA(2)
        for datagram in pair.a.popOutbox() { pair.b.receive(datagram: datagram.bytes, from: pair.a.endpoint) }
        let prompted = pair.b.popOutbox()
        pair.a.advance(by: .milliseconds(300))
        pair.a.tick()
        #expect(pair.a.popOutbox().count == 1, "the second initiation, which is lost")
        for datagram in prompted { pair.a.receive(datagram: datagram.bytes, from: pair.b.endpoint) }
        pair.exchange()
        #expect(pair.b.delivered.last.map(number(of:)) == 2)
    }

    @Test("a timestamp of 2^64 - 1 locks no peer out")
    func greatest() throws {
        let lane = try LaneFixture()
        let first = try lane.peer.initiation(
            to: lane.host, timestamp: [UInt8](repeating: 0xFF, count: 8) + [0, 0, 0, 0])
        lane.receive(first)
        // The host asks back, and accepts nothing for it.
        #expect(lane.host.popOutbox().map { $0.bytes.first } == [1])
        #expect(lane.host.drops(.handshakeAheadOfClock) == 1)
        _ = try lane.establish()
        lane.host.advance(by: .seconds(1))
        lane.expectDrops([.handshakeAheadOfClock: 1]) { lane.receive(first) }
        #expect(lane.host.status?.state == .established)
    }

    @Test("no replay is accepted: not while the clocks differ, not at the time that it states, not after a restart")
    func replays() throws {
        let pair = try SimulatedPair()
        step(pair.b, by: hours)
        #expect(reaches(pair, 1))
        step(pair.b, by: -hours)
        let recordings = pair.seen.filter { $0.bytes.first == 1 && $0.from == pair.b.endpoint }.map(\.bytes)
        try #require(recordings.count == 1)
        func replay(_ what: String) {
            let sessions = pair.a.status?.sessionCount
            for recording in recordings {
                pair.a.receive(datagram: recording, from: pair.b.endpoint)
                // No response; it may ask the peer.
                #expect(pair.a.popOutbox().allSatisfy { $0.bytes.first != 2 }, "\(what)")
            }
            #expect(pair.a.status?.sessionCount == sessions, "\(what)")
        }
        replay("at once")
        pair.live(for: .seconds(30))
        replay("later")
        // A restart that keeps what was remembered.
        let remembered = pair.a.tunnel.histories
        try restart(pair.a, of: pair)
        pair.a.tunnel.restore(
            remembered.mapValues { history in InitiationHistory("\(history)") ?? InitiationHistory() })
        replay("after a restart")
        pair.advance(by: .seconds(hours - 40))
        replay("when the time has come")
        pair.advance(by: .seconds(3600))
        replay("when it is over")
    }

    @Test(
        "repeated recordings cause at most one handshake per interval, which ends no session and is over with its response"
    )
    func recordings() throws {
        let pair = try SimulatedPair()
        var recordings: [[UInt8]] = []
        for number in 0..<UInt32(12) {
            #expect(reaches(pair, number))
            pair.live(for: .seconds(400))
        }
        recordings = pair.seen.filter { $0.bytes.first == 1 && $0.from == pair.b.endpoint }.map(\.bytes)
        try #require(recordings.count == 12)
        let before = pair.seen.count { $0.bytes.first == 1 }
        // The peer is down: nothing is answered.
        for second in 0..<60 {
            pair.a.receive(datagram: recordings[second % recordings.count], from: pair.b.endpoint)
            pair.a.advance(by: .seconds(1))
            pair.a.tick()
        }
        let initiations = pair.a.popOutbox().filter { $0.bytes.first == 1 }
        #expect(initiations.count <= 20, "\(initiations.count) in a minute")
        #expect(!pair.a.tunnelEvents.contains(.unreachable(PeerID(0))))
        #expect(events(pair.a).count <= 1)
        #expect(pair.seen.count { $0.bytes.first == 1 } == before)
    }
}

@Suite("The history of initiations") struct InitiationHistoryTests {
    private let now = TAI64N(unixSeconds: 1_700_000_000, nanoseconds: 0)

    private func at(_ seconds: Int64) -> TAI64N { now.advanced(bySeconds: seconds, nanoseconds: 0) }

    @Test("a timestamp is fresh if it is later than all before it and at most a minute ahead of the clock")
    func order() {
        var history = InitiationHistory()
        #expect(history.judge(at(-1_000_000), at: now) == .fresh)
        history.record(at(0), at: now)
        #expect(history.judge(at(0), at: now) == .repeated)
        #expect(history.judge(at(-1), at: now) == .late(after: at(0)))
        #expect(history.judge(at(60), at: now) == .fresh)
        #expect(history.judge(at(61), at: now) == .early)
    }

    @Test(
        "early timestamps stay refused, however many there were, and do not affect others", arguments: UInt64(0)..<8)
    func early(seed: UInt64) throws {
        var history = InitiationHistory()
        var random = SeededRandom(seed: seed)
        var seen = [try #require(TAI64N(bytes: [UInt8](repeating: 0xFF, count: 8) + [0, 0, 0, 0]))]
        history.record(seen[0], at: now)
        for _ in 0..<200 {
            let time = at(Int64.random(in: 100...1_000_000, using: &random))
            history.record(time, at: now)
            seen.append(time)
        }
        #expect(history.judge(at(1), at: now) == .fresh)
        #expect(InitiationHistory("\(history)") == history)
        for hours: Int64 in [0, 1, 10, 100, 1000] {
            let later = at(hours * 3600)
            for time in seen { #expect(history.judge(time, at: later) != .fresh) }
            history.record(later, at: later)
        }
        #expect(history.judge(at(1_000_000_000), at: at(1_000_000_000)) == .fresh)
    }

    @Test("a history survives the round trip through its text, and other text is refused")
    func text() throws {
        var history = InitiationHistory()
        #expect("\(history)" == "-" && InitiationHistory("-") == history)
        history.record(at(0), at: now)
        for hours: Int64 in [3, 1, 2] { history.record(at(hours * 3600), at: now) }
        #expect(InitiationHistory("\(history)") == history)
        let words = "\(history)".split(separator: " ").map(String.init)
        for bad in [
            "", " ", "-  ", words[0] + "0", words[0].replacingOccurrences("0", with: "g"),
            words.prefix(2).joined(separator: " "),
            ([words[0]] + words[3...4] + words[1...2]).joined(separator: " "),
            ([words[0]] + Array(repeating: words[1], count: 12)).joined(separator: " "),
        ] {
            #expect(InitiationHistory(bad) == nil, "\(bad)")
        }
    }
}

extension String {
    fileprivate func replacingOccurrences(_ character: Character, with other: Character) -> String {
        String(map { $0 == character ? other : $0 })
    }
}
