import SealaneFigures

/// One quantity, measured on both paths.
package enum BenchTest: Hashable, Sendable {
    case tcp(streams: Int, TCPTest.Direction)
    case udp(payloadByteCount: Int)
    case roundTrips(RoundTripTest.Load)
    case connections

    /// All tests, in the order in which they are measured and shown.
    package static let all: [BenchTest] =
        [1, 4, 16].flatMap { streams in TCPTest.Direction.allCases.map { .tcp(streams: streams, $0) } }
        + [64, 512, 1400].map { .udp(payloadByteCount: $0) }
        + RoundTripTest.Load.allCases.map { .roundTrips($0) } + [.connections]

    /// The title in the report.
    package var title: String {
        switch self {
        case .tcp(let streams, let direction): BenchFigure.Kind.tcp(streams: streams, direction).title
        case .udp(let size): BenchFigure.Kind.udp(payloadByteCount: size).title
        case .roundTrips(let load): load.title
        case .connections: ConnectionTest.title
        }
    }
}

/// What a run measures, for how long, and in which order.
package struct BenchPlan: Sendable, Equatable {
    /// One test on one path.
    package struct Step: Sendable, Equatable {
        /// Counts from 0.
        package let round: Int
        package let test: BenchTest
        package let path: BenchPath
        /// The path with which the round begins.
        package let first: BenchPath

        package init(round: Int, test: BenchTest, path: BenchPath, first: BenchPath) {
            self.round = round
            self.test = test
            self.path = path
            self.first = first
        }
    }

    let effort: BenchMethod.Effort
    package let rounds: Int
    /// The length of a TCP transfer. Below 1, iperf3 gets the number of bytes that should take this long instead.
    let transferSeconds: Double
    /// The length of each attempt at a rate.
    let searchSeconds: Double
    /// The number of halvings at the end of the search.
    let searchSteps: Int
    let idleSeconds: Double
    let loadedSeconds: Double
    /// How long the load runs before round trips are measured, so that it reaches its full rate.
    let rampSeconds: Double
    let connectionCount: Int

    package init(_ effort: BenchMethod.Effort) {
        self.effort = effort
        switch effort {
        case .quick:
            (rounds, transferSeconds, searchSeconds, searchSteps) = (4, 0.1, 0.03, 1)
            (idleSeconds, loadedSeconds, rampSeconds, connectionCount) = (0.1, 0.15, 0.05, 50)
        case .normal:
            (rounds, transferSeconds, searchSeconds, searchSteps) = (5, 1, 0.3, 4)
            (idleSeconds, loadedSeconds, rampSeconds, connectionCount) = (1, 1, 0.5, 200)
        case .full:
            (rounds, transferSeconds, searchSeconds, searchSteps) = (10, 5, 0.5, 5)
            (idleSeconds, loadedSeconds, rampSeconds, connectionCount) = (3, 3, 0.5, 500)
        }
    }

    /// A quick run leaves out UDP of 512 B, which lies between the other two sizes: searches take most of its time.
    package var tests: [BenchTest] {
        effort == .quick ? BenchTest.all.filter { $0 != .udp(payloadByteCount: 512) } : BenchTest.all
    }

    /// Round by round, test by test, both paths of a test directly after each other. The first path alternates, so that
    /// the leftovers of one path do not always fall on the other.
    package var steps: [Step] {
        (0..<rounds).flatMap { round in
            let first: BenchPath = round % 2 == 0 ? .plain : .tunnel
            let paths: [BenchPath] = first == .plain ? [.plain, .tunnel] : [.tunnel, .plain]
            return tests.flatMap { test in
                paths.map { Step(round: round, test: test, path: $0, first: first) }
            }
        }
    }

    /// The longest single transfer; the server must allow it.
    package var longestTransferSeconds: Int {
        BenchTest.all.map(transferLimitSeconds).max() ?? 1
    }

    /// The time after which a transfer of this test counts as failed.
    package func transferLimitSeconds(_ test: BenchTest) -> Int {
        switch test {
        // Twice the time, for a path that has become slower.
        case .tcp: transferSeconds < 1 ? 5 : Int(2 * transferSeconds.rounded(.up)) + 3
        case .udp: Int((4 * searchSeconds).rounded(.up)) + 4
        case .roundTrips: Int((rampSeconds + 2 * loadedSeconds).rounded(.up)) + 2
        case .connections: 1
        }
    }

    /// Roughly how long a test takes on one path. The progress line uses it.
    func expectedSeconds(_ test: BenchTest) -> Double {
        let start = 0.04
        return switch test {
        case .tcp: transferSeconds + start
        // The flood; one rate that fails twice and one that passes; the halvings.
        case .udp: (1 + 3 + 1.5 * Double(searchSteps)) * (searchSeconds + start)
        case .roundTrips(.idle): idleSeconds + start
        case .roundTrips(.loaded): rampSeconds + loadedSeconds + 2 * start
        case .connections: Double(connectionCount) * 0.0002
        }
    }

    /// The length of the first, unrecorded transfer on each path.
    static var warmUpSeconds: Int { 1 }

    package var expectedSeconds: Double {
        2 * Double(Self.warmUpSeconds) + steps.map { expectedSeconds($0.test) }.reduce(0, +)
    }
}
