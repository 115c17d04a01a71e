/// One quantity of a report, with its values of every round on both paths.
package struct BenchFigure: Sendable, Equatable {
    /// The same quantity has the same kind in every report.
    package enum Kind: Sendable, Hashable {
        case tcp(streams: Int, TCPTest.Direction)
        case udp(payloadByteCount: Int)
        case roundTrip(RoundTripTest.Load, Quantile)
        case connection
    }

    package enum Quantile: String, Sendable, CaseIterable {
        case p50
        case p99
        case p999 = "p99.9"

        /// With fewer samples, the quantile would be the maximum.
        var leastCount: Int {
            switch self {
            case .p50: 1
            case .p99: 100
            case .p999: 1000
            }
        }
    }

    package let kind: Kind
    /// In the order of the rounds. Units: bit/s, datagrams/s or seconds.
    package let plain: [Double]
    package let tunnel: [Double]
    /// The ratio tunnel / plain; nil without a finished round, or if a rate is 0.
    package let estimate: RatioEstimate?
    /// The paths on which some value is only a lower bound.
    package let isAtLeast: Set<BenchPath>
    /// The resolution of the values of a path, in their unit; absent if they are exact.
    let resolution: [BenchPath: Double]

    init<Sample>(
        _ kind: Kind, _ pairs: [BenchPair<Sample>], _ value: (Sample) -> Double,
        resolution: [BenchPath: Double] = [:], isAtLeast: Set<BenchPath> = []
    ) {
        self.kind = kind
        self.isAtLeast = isAtLeast
        self.resolution = resolution
        plain = pairs.map { value($0.plain) }
        tunnel = pairs.map { value($0.tunnel) }
        estimate = RatioEstimate(
            zip(tunnel, plain).map { ($0, $1) },
            resolution: (value: resolution[.tunnel, default: 0], base: resolution[.plain, default: 0]))
    }

    package func values(_ path: BenchPath) -> [Double] { path == .plain ? plain : tunnel }
}

extension BenchFigure.Kind {
    /// `TCP, 4 streams, to the server`.
    package var title: String {
        switch self {
        case .tcp(let streams, let direction):
            "TCP, \(streams) \(streams == 1 ? "stream" : "streams"), \(direction.words)"
        case .udp(let count): "UDP, \(count) B, loss-free"
        case .roundTrip(let load, let quantile): "\(load.title), \(quantile.rawValue)"
        case .connection: "\(ConnectionTest.title), p50"
        }
    }

    package var isMoreBetter: Bool {
        switch self {
        case .tcp, .udp: true
        case .roundTrip, .connection: false
        }
    }

    /// The unit that `text` uses.
    package var unit: String {
        switch self {
        case .tcp: "Gbit/s"
        case .udp: "1000/s"
        case .roundTrip, .connection: "µs"
        }
    }

    /// Formats `value`, a value of this kind, in `unit`.
    package func text(_ value: Double) -> String {
        switch self {
        case .tcp: Digits.significant(value / 1e9)
        case .udp: Digits.significant(value / 1e3)
        case .roundTrip, .connection: Digits.significant(value * 1e6)
        }
    }

    /// The word for a difference: `slower`.
    func comparative(_ ratio: Double) -> String {
        switch self {
        case .tcp, .udp: ratio < 1 ? "slower" : "faster"
        case .roundTrip, .connection: ratio < 1 ? "shorter" : "longer"
        }
    }
}

extension BenchReport {
    /// All figures that are compared between the paths, in display order.
    package var figures: [BenchFigure] {
        let trips = roundTrips.flatMap { test in
            BenchFigure.Quantile.allCases.map { quantile in
                BenchFigure(.roundTrip(test.load, quantile), test.pairs.filter { $0.holds(quantile) }) {
                    $0.seconds(quantile)
                }
            }
        }
        return tcp.map { BenchFigure(.tcp(streams: $0.streams, $0.direction), $0.pairs, \.bitsPerSecond) }
            + udp.map(\.figure) + trips + (connections.map { [BenchFigure(.connection, $0.pairs, \.p50Seconds)] } ?? [])
    }
}

extension UDPTest {
    fileprivate var figure: BenchFigure {
        func resolution(_ path: KeyPath<BenchPair<Sample>, Sample>) -> Double {
            pairs.map { $0[keyPath: path].isAtLeast ? 0 : $0[keyPath: path].resolution }.max() ?? 0
        }
        var isAtLeast: Set<BenchPath> = []
        if pairs.contains(where: \.plain.isAtLeast) { isAtLeast.insert(.plain) }
        if pairs.contains(where: \.tunnel.isAtLeast) { isAtLeast.insert(.tunnel) }
        return BenchFigure(
            .udp(payloadByteCount: payloadByteCount), pairs, \.datagramsPerSecond,
            resolution: [.plain: resolution(\.plain), .tunnel: resolution(\.tunnel)], isAtLeast: isAtLeast)
    }
}

extension RoundTripTest.Load {
    /// `round trip, idle`.
    package var title: String { "round trip, \(rawValue)" }
}

extension ConnectionTest {
    package static var title: String { "connection set-up" }
}

extension TCPTest.Direction {
    var words: String { self == .toServer ? "to the server" : "to the client" }
}

extension BenchPair<RoundTripTest.Sample> {
    /// Whether both paths have enough samples for the quantile.
    fileprivate func holds(_ quantile: BenchFigure.Quantile) -> Bool { plain.holds(quantile) && tunnel.holds(quantile) }
}

extension RoundTripTest.Sample {
    func holds(_ quantile: BenchFigure.Quantile) -> Bool { count >= quantile.leastCount }

    func seconds(_ quantile: BenchFigure.Quantile) -> Double {
        switch quantile {
        case .p50: p50Seconds
        case .p99: p99Seconds
        case .p999: p999Seconds
        }
    }
}
