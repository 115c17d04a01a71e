import SealaneAEAD
import SealanePacket

/// Everything that is measured, in the order in which it is shown.
enum Catalog {
    static let peerCounts = [10, 1_000, 100_000]

    /// The suites that this processor runs, each with the providers that this build has for it.
    static let ciphers: [(suite: CipherSuite, provider: AEADProvider)] = CipherSuite.available.flatMap { suite in
        AEADProvider.allCases.compactMap { provider in isUsable(suite, provider) ? (suite, provider) : nil }
    }

    private static func isUsable(_ suite: CipherSuite, _ provider: AEADProvider) -> Bool {
        (try? AEADKey(suite: suite, key: SecretBytes(count: AEADKey.keyByteCount), provider: provider)) != nil
    }

    static func lookupName(_ prefixes: Lookup.Prefixes, _ pattern: Lookup.Pattern, peers: Int) -> String {
        "lookup: \(prefixes.rawValue), \(peers), \(pattern.rawValue)"
    }

    /// - Parameter filter: of the names, those that contain this; nil: all.
    static func benchmarks(filter: String?) throws -> [Benchmark] {
        var all: [Benchmark] = []
        func add<Measured: Workload & ~Copyable>(
            _ name: String, per unit: String = "packet", _ workload: () throws -> Measured
        ) rethrows {
            if filter.map({ name.contains($0) }) ?? true { all.append(.of(name, per: unit, try workload())) }
        }
        for (suite, provider) in ciphers {
            for byteCount in [64, 1388, 8889] {
                let name = "\(byteCount) B, \(suite), \(provider)"
                try add("seal: key, \(name)") { try KeySeal(suite, provider, byteCount: byteCount) }
                try add("open: key, \(name)") { try KeyOpen(suite, provider, byteCount: byteCount) }
                try add("seal: lane, \(name)") { try LaneSeal(suite, provider, byteCount: byteCount) }
                try add("open: lane, \(name)") { try LaneOpen(suite, provider, byteCount: byteCount) }
            }
        }
        for traffic in [Traffic.tcp, .udp] {
            add("segment: \(traffic), 43 x 1388 B, partial checksums") { Segment(traffic, .leavePartial) }
            add("segment: \(traffic), 43 x 1388 B, complete checksums") { Segment(traffic, .complete) }
        }
        for flowCount in [1, 8] {
            let name = "tcp, \(flowCount) x 43 x 1388 B"
            try add("coalesce: \(name), partial checksums") { try Coalesce(flowCount: flowCount, .leavePartial) }
            try add("coalesce: \(name), complete checksums") { try Coalesce(flowCount: flowCount, .complete) }
        }
        for prefixes in Lookup.Prefixes.allCases {
            for pattern in Lookup.Pattern.allCases {
                for peers in peerCounts {
                    add(lookupName(prefixes, pattern, peers: peers), per: "lookup") {
                        Lookup(prefixes, pattern, peers: peers)
                    }
                }
            }
        }
        for (suite, provider) in ciphers {
            for traffic in Traffic.allCases {
                let name = "\(traffic), \(suite), \(provider)"
                try add("way out: \(name)") { WayOut(try Path(traffic, suite, provider)) }
                try add("way in: \(name)") { WayIn(try Path(traffic, suite, provider)) }
            }
            try add("handshake: \(suite), \(provider)", per: "handshake") { try Handshake(suite, provider) }
        }
        // As an agent chooses by itself: the best suite, from IPsec-MB where there is one.
        if let (suite, provider) = ciphers.last(where: { $0.suite == CipherSuite.available.first }) {
            for verification in CertifiedHandshake.Verification.allCases {
                for work in CertifiedHandshake.Work.allCases {
                    try add(CertifiedHandshake.name(work, verification), per: "handshake") {
                        try CertifiedHandshake(work, verification, suite, provider)
                    }
                }
            }
        }
        return all
    }
}
