import SealaneFigures

/// A bound for a figure of the benchmark.
package struct Requirement: Sendable {
    package enum Bound: Sendable {
        case atLeast(Double)
        case atMost(Double)
        case above(Double)
    }

    package let name: String
    package let bound: Bound
    /// The unit behind the numbers: `x wireguard-go`, `MiB`.
    package let unit: String
    /// Returns nil if a required figure was not measured.
    package let measured: @Sendable (Measurements) -> Double?

    package func holds(_ measurements: Measurements) -> Bool? {
        measured(measurements).map { value in
            switch bound {
            case .atLeast(let least): value >= least
            case .atMost(let most): value <= most
            case .above(let limit): value > limit
            }
        }
    }

    package var boundText: String {
        switch bound {
        case .atLeast(let least): "at least \(Self.number(least)) \(unit)"
        case .atMost(let most): "at most \(Self.number(most)) \(unit)"
        case .above(let limit): "above \(Self.number(limit)) \(unit)"
        }
    }

    static func number(_ value: Double) -> String {
        value == value.rounded() ? Digits.fixed(value, 0) : Digits.fixed(value, 2)
    }

    private static func ratio(
        _ name: String, _ bound: Bound, _ figure: Figure, _ contender: Contender, to other: Contender, _ mode: Mode
    ) -> Requirement {
        Requirement(name: "\(name), \(mode.rawValue)", bound: bound, unit: "x \(other.title)") {
            $0.ratio(figure, of: contender, to: other, mode)
        }
    }

    private static func memory(_ name: String, mebibytes: Double, _ contender: Contender) -> Requirement {
        Requirement(name: name, bound: .atMost(mebibytes), unit: "MiB") {
            $0.median(.memory, of: contender, .batched).map { $0 / 1_048_576 }
        }
    }

    /// The bounds for one run of `make bench`.
    package static let all: [Requirement] = {
        let tcp = "TCP, 1 stream, AES-256-GCM, IPsec-MB"
        var all = [
            ratio(tcp, .atLeast(12), .tcp1, .sealaneAESIPsecMB, to: .wireGuardGo, .batched),
            ratio(tcp, .atLeast(0.75), .tcp1, .sealaneAESIPsecMB, to: .sealaneNoCipher, .batched),
            ratio(tcp, .atLeast(7.5), .tcp1, .sealaneAESIPsecMB, to: .wireGuardGo, .wire),
            ratio(
                "TCP, 1 stream, AES-256-GCM, libsodium", .atLeast(6), .tcp1, .sealaneAESLibsodium, to: .wireGuardGo,
                .batched),
        ]
        for mode in Mode.allCases {
            let udp = "UDP 64 B delivered"
            let factor = mode == .batched ? 4.5 : 4
            all += [
                ratio(udp, .atLeast(factor), .udp64Delivered, .sealaneAESIPsecMB, to: .wireGuardGo, mode),
                ratio(udp, .atLeast(1.5), .udp64Delivered, .sealaneAESIPsecMB, to: .nebula, mode),
            ]
        }
        for mode in Mode.allCases {
            let trip = "round trip p50, idle"
            all += [
                ratio("\(trip), one core", .atMost(3.2), .oneCoreP50, .sealaneAESIPsecMB, to: .noTunnel, mode),
                ratio(trip, .atMost(3.2), .idleP50, .sealaneAESIPsecMB, to: .noTunnel, mode),
                ratio("\(trip), spinning", .atMost(1.6), .idleP50, .sealaneSpin, to: .noTunnel, mode),
            ]
        }
        for mode in Mode.allCases {
            all.append(
                Requirement(
                    name: "TCP, 1 stream, MTU 9001, \(mode.rawValue)", bound: .above(1), unit: "x MTU 1500"
                ) {
                    $0.ratio(.tcp1, of: .sealaneJumbo, to: .sealaneAESIPsecMB, mode)
                })
        }
        return all + [
            memory("resident memory, one busy peer", mebibytes: 48, .sealaneAESIPsecMB),
            memory("resident memory, 10,000 configured peers, one busy", mebibytes: 96, .sealaneManyPeers),
        ]
    }()
}
