import SealaneTunnel
import Testing

/// Tunnels whose underlay changes its MTU under them.
struct UnderlayMTUTests {
    private func change(_ watched: WatchedPair, _ host: SimulatedHost, to mtu: Int) {
        watched.mtu = mtu
        host.tunnel.adopt(interfaceMTU: mtu, at: host.now.monotonic)
        host.performOutputs()
    }

    @Test(
        "both ends follow it down and up again, at once or seconds apart, and no packet is refused",
        arguments: [0, 300, 700])
    func bothEnds(stepsApart: Int) throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        var sent: UInt32 = 0
        func live(_ steps: Int) {
            watched.live(for: .milliseconds(10) * steps) { step in
                guard step.isMultiple(of: 10) else { return }
                sent += 1
                watched.pair.sendFromA(sent)
            }
        }
        live(200)
        #expect(watched.states == [.established, .established])
        for mtu in [1500, 1400, 1500, 9001] {
            change(watched, watched.pair.a, to: mtu)
            live(stepsApart)
            change(watched, watched.pair.b, to: mtu)
            live(300)
            #expect(watched.states == [.established, .established], "at \(mtu)")
            for host in [watched.pair.a, watched.pair.b] {
                #expect(host.status?.session?.packetByteLimit == mtu - 60)
                #expect(host.status?.path.mtu?.carried == mtu)
                #expect(host.status?.path.mtu?.ofThisHost == mtu)
            }
        }
        // Packets of up to 232 bytes fit all the time.
        #expect(watched.pair.b.delivered.count == Int(sent))
        let refusals = (watched.pair.a.tunnelEvents + watched.pair.b.tunnelEvents).filter { event in
            switch event {
            case .refused, .refusedByPeer: true
            default: false
            }
        }
        #expect(refusals.isEmpty, "\(refusals)")
    }

    @Test("packets are cut down to the new length before the peer has heard of it")
    func atOnce() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        watched.pair.sendFromA(1)
        watched.live(for: .seconds(1))
        #expect(watched.pair.a.status?.session?.packetByteLimit == 8941)
        change(watched, watched.pair.a, to: 1500)
        #expect(watched.pair.a.status?.session?.packetByteLimit == 1440)
    }

    @Test("a peer refused for its path is asked again at once when the MTU is another")
    func refusedBefore() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        watched.mtu = 1500
        watched.live(for: .seconds(6)) { step in
            if step.isMultiple(of: 10) { watched.pair.sendFromA(UInt32(step)) }
        }
        #expect(watched.states == [.refused, .refused])
        for host in [watched.pair.a, watched.pair.b] { change(watched, host, to: 1500) }
        watched.pair.sendFromA(7)
        watched.live(for: .seconds(2))
        #expect(watched.states == [.established, .established])
        #expect(watched.pair.b.delivered.map(number(of:)).contains(7))
    }
}
