import SealaneFigures

/// The measurements of a run so far.
struct BenchResults: Sendable {
    var tcp: [BenchTest: PairedSamples<TCPTest.Sample>] = [:]
    var udp: [BenchTest: PairedSamples<UDPTest.Sample>] = [:]
    var roundTrips: [BenchTest: PairedSamples<RoundTripTest.Sample>] = [:]
    var connections = PairedSamples<ConnectionTest.Sample>()

    /// Leaves out tests without a complete round.
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
