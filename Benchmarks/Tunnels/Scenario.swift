import Foundation
import TunnelFigures

/// One set-up of the scale benchmark, and its measurements.
enum Scenario: Sendable {
    /// Two agents.
    case pair(lanes: Int, jumbo: Bool, idlePeers: Int, [Step])
    /// One agent, and a program that plays `count` far ends.
    case farEnds(count: Int)

    struct Step: Sendable {
        enum Load: Sendable {
            case tcp(streams: Int)
            case udp(byteCount: Int)
        }

        let load: Load
        /// The points of curves that this step measures.
        let points: [(curve: Curve, x: Double)]
    }

    var title: String {
        switch self {
        case .pair(let lanes, let jumbo, let idlePeers, _):
            "\(lanes) lanes, MTU \(jumbo ? 9001 : 1500), \(idlePeers + 1) configured peers"
        case .farEnds(let count): "\(count) active peers"
        }
    }

    /// - Parameter quick: whether to measure only a few points of each curve.
    static func all(quick: Bool, only: Set<Curve>) -> [Scenario] {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        var scenarios: [Scenario] = (1...cores).map { lanes in
            .pair(lanes: lanes, jumbo: false, idlePeers: 0, lanes == 1 ? oneLane(quick) : [tcp(4, (.lanes, lanes))])
        }
        let jumboSizes = quick ? [64, 4000, 8900] : [64, 512, 1400, 4000, 8900]
        let jumbo = [tcp(1, (.mtu, 9001))] + jumboSizes.map { udp($0, .jumboPacketSize) }
        scenarios.append(.pair(lanes: 1, jumbo: true, idlePeers: 0, jumbo))
        for count in quick ? [10, 1000, 10_000] : [10, 100, 1000, 10_000, 100_000] {
            let step = tcp(1, (.configuredPeers, count))
            scenarios.append(.pair(lanes: 1, jumbo: false, idlePeers: count - 1, [step]))
        }
        scenarios += (quick ? [1, 10, 1000] : [1, 10, 100, 1000]).map { .farEnds(count: $0) }
        return scenarios.compactMap { $0.reduced(to: only) }
    }

    private static func oneLane(_ quick: Bool) -> [Step] {
        let sizes = quick ? [64, 512, 1400] : [64, 128, 256, 512, 1024, 1400]
        return [
            tcp(1, (.streams, 1), (.mtu, 1500)), tcp(4, (.streams, 4), (.lanes, 1)), tcp(16, (.streams, 16)),
        ] + sizes.map { udp($0, .packetSize) }
    }

    private static func tcp(_ streams: Int, _ points: (curve: Curve, x: Int)...) -> Step {
        Step(load: .tcp(streams: streams), points: points.map { ($0.curve, Double($0.x)) })
    }

    private static func udp(_ byteCount: Int, _ curve: Curve) -> Step {
        Step(load: .udp(byteCount: byteCount), points: [(curve, Double(byteCount))])
    }

    /// The part of the scenario that these curves need; nil if there is none.
    private func reduced(to only: Set<Curve>) -> Scenario? {
        switch self {
        case .pair(let lanes, let jumbo, let idlePeers, let steps):
            let left = steps.compactMap { step -> Step? in
                let points = step.points.filter { only.contains($0.curve) }
                return points.isEmpty ? nil : Step(load: step.load, points: points)
            }
            return left.isEmpty ? nil : .pair(lanes: lanes, jumbo: jumbo, idlePeers: idlePeers, left)
        case .farEnds:
            return only.isDisjoint(with: [.activePeersInRuns, .activePeersInTurn, .sessions]) ? nil : self
        }
    }
}
