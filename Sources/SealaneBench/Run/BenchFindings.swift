import SealaneFigures

/// What a run has measured up to now.
struct BenchFindings: Sendable {
    var tcp: [BenchTest: PairBook<TCPTest.Sample>] = [:]
    var udp: [BenchTest: PairBook<UDPTest.Sample>] = [:]
    var roundTrips: [BenchTest: PairBook<RoundTripTest.Sample>] = [:]
    var connections = PairBook<ConnectionTest.Sample>()

    /// A test of which no round is complete is not there.
    var tcpTests: [TCPTest] {
        BenchTest.all.compactMap { test in
            guard case .tcp(let streams, let direction) = test, let pairs = tcp[test]?.pairs, !pairs.isEmpty else {
                return nil
            }
            return TCPTest(streams: streams, direction: direction, pairs: pairs)
        }
    }

    var udpTests: [UDPTest] {
        BenchTest.all.compactMap { test in
            guard case .udp(let size) = test, let pairs = udp[test]?.pairs, !pairs.isEmpty else { return nil }
            return UDPTest(payloadByteCount: size, pairs: pairs)
        }
    }

    var roundTripTests: [RoundTripTest] {
        BenchTest.all.compactMap { test in
            guard case .roundTrips(let load) = test, let pairs = roundTrips[test]?.pairs, !pairs.isEmpty else {
                return nil
            }
            return RoundTripTest(load: load, pairs: pairs)
        }
    }

    var connectionTest: ConnectionTest? {
        let pairs = connections.pairs
        return pairs.isEmpty ? nil : ConnectionTest(pairs: pairs)
    }

    var isEmpty: Bool {
        tcpTests.isEmpty && udpTests.isEmpty && roundTripTests.isEmpty && connectionTest == nil
    }
}
