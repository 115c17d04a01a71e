import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

@Suite("Validation of lanes") struct LaneValidationTests {
    @Test("a lane carries packets on its own path after its probe was answered, and none before")
    func open() throws {
        let pair = try LanedPair()
        pair.establish()
        #expect(pair.a.laneStates == ["usable", "usable", "usable", "usable"])
        #expect(pair.b.laneStates == ["usable", "usable", "usable", "usable"])
        for lane in 0..<4 { pair.sendFromA(onLane: lane) }
        pair.exchange()
        #expect(pair.b.delivered == [1, 2, 3, 4, 5])
        #expect(pair.b.deliveredOn == [0, 0, 1, 2, 3])
    }

    @Test("before its probe was answered, lane 0 carries a lane's packets")
    func validating() throws {
        let pair = try LanedPair()
        pair.delay = { $0.destination.port > 7325 ? .milliseconds(100) : .zero }
        pair.sendFromA(onLane: 0)
        pair.exchange()
        #expect(pair.a.laneStates == ["usable", "validating", "validating", "validating"])
        for lane in 0..<4 { pair.sendFromA(onLane: lane) }
        pair.exchange()
        #expect(pair.b.delivered == [1, 2, 3, 4, 5])
        #expect(pair.b.deliveredOn == [0, 0, 0, 0, 0])
    }

    @Test(
        "with only the first port open, in one or both directions, every packet arrives, and the silent lanes are reported"
    )
    func firstPortAlone() throws {
        for isOneWay in [false, true] {
            let pair = try LanedPair()
            pair.block(from: isOneWay ? [pair.a] : [pair.a, pair.b])
            pair.establish()
            var sent = 1
            pair.live(for: .seconds(10)) { step in
                guard step.isMultiple(of: 7) else { return }
                if pair.sendFromA(onLane: step % 4) { sent += 1 }
            }
            #expect(pair.b.delivered.count == sent)
            #expect(pair.b.deliveredOn.allSatisfy { $0 == 0 })
            for host in [pair.a, pair.b] {
                #expect(host.laneStates == ["usable", "silent", "silent", "silent"])
                let told = host.events.filter { if case .lanesFailed = $0 { true } else { false } }
                #expect(told.last == .lanesFailed(PeerID(0), silent: [1, 2, 3], reduced: []))
                #expect(told.count <= 3)
                #expect(host.status?.state == .established)
            }
        }
    }

    @Test(
        "lane 0 replaces a lane that becomes silent under load within three seconds, in order, and the lane returns later"
    )
    func comingAndGoing() throws {
        let pair = try LanedPair()
        pair.establish()
        pair.block(from: [pair.a, pair.b])
        var last = 0
        var longestGap = 0
        var arrived = pair.b.delivered.count
        func load(_ step: Int) {
            pair.sendFromA(onLane: 2)
            if pair.b.delivered.count > arrived {
                longestGap = max(longestGap, step - last)
                (arrived, last) = (pair.b.delivered.count, step)
            }
        }
        last = 20
        pair.live(for: .seconds(6), load)
        #expect(longestGap < 3000)
        #expect(pair.a.laneStates[2] == "silent")
        #expect(pair.b.deliveredOn.last == 0)
        pair.fate = { _ in .arrives }
        longestGap = 0
        pair.live(for: .seconds(20), load)
        #expect(longestGap < 100)
        #expect(pair.a.laneStates == ["usable", "usable", "usable", "usable"])
        #expect(pair.b.deliveredOn.last == 2)
        #expect(pair.b.isInOrder)
    }

    @Test("packets that change to a faster path do not overtake earlier packets")
    func order() throws {
        let pair = try LanedPair()
        // Probes see it as well.
        pair.delay = { $0.destination.port == 7325 ? .milliseconds(1) : .milliseconds(6) }
        pair.establish()
        pair.live(for: .seconds(3)) { _ in pair.sendFromA(onLane: 1) }
        #expect(pair.b.deliveredOn.last == 1)
        // What B answers to lane 1 is lost, but what A sends arrives.
        pair.fate = { datagram in
            datagram.tuple.source == Endpoint(address: pair.b.endpoint.address, port: 7326) ? .lost : .arrives
        }
        pair.live(for: .seconds(6)) { _ in pair.sendFromA(onLane: 1) }
        #expect(pair.b.deliveredOn.last == 0)
        pair.fate = { _ in .arrives }
        pair.live(for: .seconds(10)) { _ in pair.sendFromA(onLane: 1) }
        #expect(pair.b.deliveredOn.last == 1)
        #expect(pair.b.isInOrder)
        #expect(pair.b.delivered.count > 15_000)
    }

    @Test("a session that replaces another one keeps every lane on its path, without packet loss")
    func renewal() throws {
        let pair = try LanedPair(rekeyAfter: .seconds(5))
        pair.delay = { _ in .milliseconds(1) }
        pair.sendFromA(onLane: 0)
        pair.live(for: .milliseconds(100))
        let first = try #require(pair.a.status).sessionCount
        let before = pair.b.deliveredOn.count
        var sent = 0
        pair.live(for: .seconds(22)) { _ in if pair.sendFromA(onLane: 3) { sent += 1 } }
        pair.live(for: .milliseconds(10))
        #expect(try #require(pair.a.status).sessionCount >= first + 3)
        #expect(pair.b.deliveredOn.count - before == sent)
        #expect(pair.b.deliveredOn[before...].allSatisfy { $0 == 3 })
        #expect(pair.b.isInOrder)
    }

    @Test(
        "both ends may have different numbers of lanes",
        arguments: [(1, 4), (4, 1), (3, 2), (2, 5)] as [(UInt8, UInt8)])
    func different(_ ofA: UInt8, _ ofB: UInt8) throws {
        let pair = try LanedPair(ofA, ofB)
        pair.establish()
        #expect(pair.a.laneStates == [String](repeating: "usable", count: Int(ofA)))
        #expect(pair.b.laneStates == [String](repeating: "usable", count: Int(ofB)))
        for lane in 0..<Int(ofA) { pair.sendFromA(onLane: lane) }
        for lane in 0..<Int(ofB) { pair.sendFromB(UInt32(lane), onLane: lane) }
        pair.exchange()
        #expect(pair.b.delivered.count == 1 + Int(ofA))
        #expect(pair.a.delivered.count == Int(ofB))
        pair.block(from: [pair.a, pair.b])
        pair.live(for: .seconds(8)) { step in
            if step.isMultiple(of: 10) { pair.sendFromA(onLane: step / 10 % Int(ofA)) }
        }
        let count = pair.b.delivered.count
        for lane in 0..<Int(ofA) { pair.sendFromA(onLane: lane) }
        pair.exchange()
        #expect(pair.b.delivered.count == count + Int(ofA))
    }

    @Test("no lane is taken out if most datagrams are lost on all paths")
    func congested() throws {
        for lossPercent in [10, 50, 80] {
            let pair = try LanedPair()
            pair.establish()
            var random = SeededRandom(seed: 11)
            pair.fate = { datagram in
                datagram.bytes[0] == 4 && random.chance(lossPercent) ? .lost : .arrives
            }
            pair.live(for: .seconds(30)) { step in
                if step.isMultiple(of: 5) { pair.sendFromA(onLane: step / 5 % 4) }
            }
            let told = pair.a.events.filter { if case .lanesFailed = $0 { true } else { false } }
            #expect(told.isEmpty, "\(lossPercent) %: \(told)")
        }
    }

    @Test("the peer is refused if a lane's port is rewritten, and no packet travels until that ends")
    func translated() throws {
        let pair = try LanedPair()
        pair.establish()
        let other = Endpoint(address: pair.a.endpoint.address, port: 40_000)
        let lane1 = Endpoint(address: pair.a.endpoint.address, port: 7326)
        pair.fate = { $0.tuple.source == lane1 ? .arrivesFrom(other) : .arrives }
        pair.live(for: .seconds(3)) { step in
            if step.isMultiple(of: 10) { pair.sendFromA(onLane: 1) }
        }
        #expect(pair.b.status?.state == .refused)
        let count = pair.b.delivered.count
        let events = pair.b.events.count
        pair.live(for: .seconds(60)) { step in
            if step.isMultiple(of: 10) { pair.sendFromA(onLane: step / 10 % 4) }
        }
        #expect(pair.b.delivered.count == count)
        #expect(!pair.b.events[events...].contains { if case .established = $0 { true } else { false } })
        #expect(pair.b.status?.path.mismatch?.lane == 1)
        pair.fate = { _ in .arrives }
        pair.live(for: .seconds(30)) { step in
            if step.isMultiple(of: 10) { pair.sendFromA(onLane: step / 10 % 4) }
        }
        #expect(pair.b.status?.state == .established)
        #expect(pair.b.status?.path.mismatch == nil)
        #expect(pair.b.delivered.count > count)
    }

    @Test("the peer is refused if a lane's path carries less, and no packet travels until that ends")
    func reduced() throws {
        let pair = try LanedPair()
        pair.establish()
        pair.fate = { $0.tuple.source.port == 7327 && $0.bytes.count > 1300 ? .lost : .arrives }
        func load(_ step: Int) {
            if step.isMultiple(of: 10) { pair.sendFromA(onLane: step / 10 % 4) }
        }
        pair.live(for: .seconds(60), load)
        #expect(pair.a.status?.state == .refused)
        let count = pair.b.delivered.count
        pair.live(for: .seconds(60), load)
        #expect(pair.b.delivered.count == count)
        pair.fate = { _ in .arrives }
        pair.live(for: .seconds(30), load)
        #expect(pair.a.status?.state == .established)
        #expect(pair.b.delivered.count > count)
    }

    @Test("if the policy tolerates it, such a lane carries no packets, and the other lanes carry packets of full size")
    func reducedWithWarning() throws {
        let pair = try LanedPair()
        for host in [pair.a, pair.b] { host.objection = { _ in nil } }
        pair.fate = { $0.tuple.source.port == 7327 && $0.bytes.count > 1300 ? .lost : .arrives }
        pair.establish()
        pair.live(for: .seconds(30)) { step in
            if step.isMultiple(of: 10) { pair.sendFromA(onLane: step / 10 % 4) }
        }
        #expect(pair.a.laneStates == ["usable", "usable", "reduced", "usable"])
        #expect(pair.a.status?.session?.packetByteLimit == 1440)
        #expect(Set(pair.b.deliveredOn) == [0, 1, 3])
        #expect(pair.b.isInOrder)
    }
}

@Suite("Datagrams in fragments") struct FragmentTests {
    /// Everything longer comes in fragments of this size.
    private func narrow(_ pair: LanedPair, to byteCount: UInt16, from end: LanedHost? = nil) {
        pair.fate = { datagram in
            guard end == nil || datagram.tuple.source.address == end?.endpoint.address,
                datagram.bytes.count + 28 > Int(byteCount)
            else { return .arrives }
            return .arrivesInFragments(byteCount)
        }
    }

    @Test(
        "a path that fragments full datagrams is refused, and no packet travels",
        arguments: [1300, 600, 150] as [UInt16])
    func fromTheBeginning(_ byteCount: UInt16) throws {
        let pair = try LanedPair(1, 1)
        narrow(pair, to: byteCount)
        pair.live(for: .seconds(40)) { step in
            if step.isMultiple(of: 10) { pair.sendFromA(onLane: 0) }
        }
        #expect(pair.a.status?.state == .refused)
        #expect(pair.b.status?.state == .refused)
        #expect(pair.b.delivered.isEmpty)
        let seen = [pair.a, pair.b].compactMap { host in
            host.status.flatMap { $0.path.mismatch?.fragmentation ?? $0.path.fragmentation }?.byteCount
        }
        #expect(!seen.isEmpty && seen.allSatisfy { $0 == Int(byteCount) })
    }

    @Test(
        "a path that begins to fragment ends the session with the first fragment, and no packet travels until it stops")
    func later() throws {
        for isFromA in [true, false] {
            let pair = try LanedPair(1, 1)
            pair.establish()
            #expect(pair.b.delivered == [1])
            narrow(pair, to: 80, from: isFromA ? pair.a : pair.b)
            for number: UInt32 in [100, 101] {
                pair.sendFromA(onLane: 0)
                pair.sendFromB(number, onLane: 0)
            }
            pair.exchange()
            let judge = isFromA ? pair.b : pair.a
            #expect(judge.status?.state == .refused)
            #expect(judge.status?.path.mismatch?.fragmentation?.byteCount == 80)
            #expect(judge.drops(.fragmented) > 0)
            let count = pair.a.delivered.count + pair.b.delivered.count
            pair.live(for: .seconds(60)) { step in
                guard step.isMultiple(of: 10) else { return }
                pair.sendFromA(onLane: 0)
                pair.sendFromB(UInt32(step), onLane: 0)
            }
            #expect(pair.a.delivered.count + pair.b.delivered.count == count)
            pair.fate = { _ in .arrives }
            pair.live(for: .seconds(30)) { step in
                if step.isMultiple(of: 10) { pair.sendFromA(onLane: 0) }
            }
            #expect(pair.b.status?.state == .established)
            #expect(pair.a.delivered.count + pair.b.delivered.count > count)
        }
    }

    @Test("if the policy tolerates it, packets arrive, and later packets keep to the size that the path carries whole")
    func tolerated() throws {
        let pair = try LanedPair(1, 1)
        for host in [pair.a, pair.b] {
            host.objection = { _ in nil }
            host.tunnel.setFragmentReaction(.report)
        }
        narrow(pair, to: 1300)
        pair.sendFromA(onLane: 0)
        pair.live(for: .seconds(8))
        #expect(pair.b.delivered == [1])
        #expect(pair.a.status?.session?.packetByteLimit == 1240)
        #expect(pair.b.status?.path.mismatch?.fragmentation?.byteCount == 1300)
    }
}
