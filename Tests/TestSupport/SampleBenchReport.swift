import Foundation
import SealaneFigures

/// A report of made-up figures, every one of them the same each time.
package enum SampleBenchReport {
    /// What differs between samples.
    package struct Traits: Sendable {
        package var rounds = 5
        /// Tunnel to plain, of TCP with 1 stream.
        package var share = 0.32
        /// How far a value of the tunnel is from its middle, as a share of it, in the first rounds; then again.
        package var scatter = [0.01, -0.012, 0.004, -0.003, 0.0]
        package var lanes = 4
        package var offloadsOff: [String] = []
        package var busy = 0.5
        package var sharesMachine = false
        package var isInterrupted = false
        package var failures: [String] = []
        package var clientName = "a"

        package init() {}
    }

    package static func report(_ traits: Traits = Traits()) -> BenchReport {
        BenchReport(
            startedAt: Date(timeIntervalSince1970: 1_795_000_000), seconds: 94, isInterrupted: traits.isInterrupted,
            client: host(traits.clientName, "10.77.0.1", traits, isSlowed: false),
            server: host("b", "10.77.0.2", traits, isSlowed: true),
            method: BenchMethod(
                effort: .normal, rounds: 5, secondsPerTransfer: 1, tool: "iperf 3.12",
                sharesMachine: traits.sharesMachine),
            tcp: [1, 4, 16].flatMap { streams in
                TCPTest.Direction.allCases.map { direction in
                    // More streams: less of the tunnel's cost.
                    let share = traits.share * (streams == 1 ? 1 : streams == 4 ? 1.2 : 1.4)
                    return TCPTest(
                        streams: streams, direction: direction,
                        pairs: pairs(traits) { path, scatter in
                            direction == .toServer
                                ? transfer(44e9 * (path == .plain ? 1 : share) * (1 + scatter), path, traits)
                                : transfer(42e9 * (path == .plain ? 1 : share) * (1 - scatter), path, traits)
                        })
                }
            },
            udp: [64, 512, 1400].map { count in
                UDPTest(
                    payloadByteCount: count,
                    pairs: pairs(traits) { path, scatter in
                        let rate = (path == .plain ? 720_000 : 440_000 - Double(count) * 60) * (1 + scatter)
                        return UDPTest.Sample(
                            datagramsPerSecond: rate, resolution: 700, isAtLeast: false, offered: rate * 1.4,
                            delivered: rate * 1.02)
                    })
            },
            roundTrips: RoundTripTest.Load.allCases.map { load in
                RoundTripTest(
                    load: load,
                    pairs: pairs(traits) { path, scatter in
                        let p50 = (load == .idle ? 13e-6 : 210e-6) * (path == .plain ? 1 : 2.9) * (1 - scatter)
                        return RoundTripTest.Sample(
                            p50Seconds: p50, p99Seconds: p50 * 2.1, p999Seconds: p50 * 6.3, count: 20_000, lost: 3)
                    })
            },
            connections: ConnectionTest(
                pairs: pairs(traits) { path, scatter in
                    let p50 = (path == .plain ? 41e-6 : 96e-6) * (1 - scatter)
                    return ConnectionTest.Sample(p50Seconds: p50, p99Seconds: p50 * 1.9, count: 400)
                }),
            failures: traits.failures)
    }

    private static func pairs<Sample>(
        _ traits: Traits, _ sample: (BenchPath, _ scatter: Double) -> Sample
    ) -> [BenchPair<Sample>] {
        (0..<traits.rounds).map { round in
            BenchPair(
                first: round % 2 == 0 ? .plain : .tunnel, plain: sample(.plain, round % 2 == 0 ? 0.002 : -0.002),
                tunnel: sample(.tunnel, traits.scatter[round % traits.scatter.count]))
        }
    }

    /// Plain takes 0.06 CPU seconds of each host for a gigabit, the tunnel 0.1.
    private static func transfer(_ rate: Double, _ path: BenchPath, _ traits: Traits) -> TCPTest.Sample {
        let system = rate / 1e9 * (path == .plain ? 0.06 : 0.1)
        let agent = path == .plain ? 0 : system * 0.45
        return TCPTest.Sample(
            bitsPerSecond: rate, seconds: 1, retransmits: path == .plain ? 12 : 31,
            client: ProcessorUse(
                agentSeconds: agent, busiestThreadSeconds: traits.busy, toolSeconds: 0.4, systemSeconds: system),
            server: ProcessorUse(
                agentSeconds: agent, busiestThreadSeconds: traits.busy, toolSeconds: 0.4, systemSeconds: system))
    }

    private static func host(_ name: String, _ address: String, _ traits: Traits, isSlowed: Bool) -> BenchHost {
        let names = ["checksum", "tso4", "tso6", "uso", "gso", "gro"]
        let off = isSlowed ? traits.offloadsOff : []
        return BenchHost(
            name: name, kernel: "6.1.0-18-amd64", processors: 8, processorModel: "AMD EPYC 9R14",
            memoryByteCount: 16 << 30, address: address, mtu: 1500,
            agent: BenchAgent(
                version: "0.1.0", interface: "sealane0", mtu: 1440, address: address.replacing("77", with: "78"),
                cipherSuite: "AES-256-GCM", provider: "ipsec-mb", lanes: isSlowed ? traits.lanes : 4,
                offloads: names.map { name in
                    let isOff = off.contains(name)
                    return .init(name: name, on: !isOff, reason: isOff ? "the configuration says off" : nil)
                }))
    }
}
