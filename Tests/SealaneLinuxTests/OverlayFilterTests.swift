import SealaneLinux
import TestSupport
import Testing

@Suite(.enabled(if: PrivateNetwork.isAvailable))
struct OverlayFilterTests {
    private static func scope(_ interface: String = "sl0") throws -> OverlayFilter.Scope {
        try OverlayFilter.Scope(
            interface: interface, addresses: ["10.78.0.1/24", "fd78::1/64"], listen: address("10.77.0.1", 7325),
            laneCount: 2)
    }

    @Test func `the filter outlives its creator, each device has its own, and removing one leaves the other`() throws {
        let result = try PrivateNetwork.run {
            for name in ["sl0", "sl1"] {
                let filter = try OverlayFilter(Self.scope(name), prefixes: ["10.78.0.2/32"])
                try filter.install()
                try filter.install()
                guard try filter.isInPlace() else { throw Failure("\(name) is not in place") }
            }
            let removed = try (0..<2).map { _ in try OverlayFilter.remove(interface: "sl0") }
            return (
                try OverlayFilter.state(Self.scope("sl0"), prefixes: []),
                try OverlayFilter.state(Self.scope("sl1"), prefixes: ["10.78.0.2/32"]),
                try OverlayFilter.state(Self.scope("sl1"), prefixes: ["10.78.0.3/32"]), removed
            )
        }
        #expect(result.0 == nil)
        #expect(result.1?.isWhole == true)
        #expect(result.1?.prefixCount == 3, "the peer's and this host's own")
        #expect(result.2?.isWhole == false)
        #expect(result.3 == [true, false])
    }

    @Test func `prefixes are added and removed atomically, including nested ones and those up to the last address`()
        throws
    {
        let counts = try PrivateNetwork.run {
            let filter = try OverlayFilter(Self.scope(), prefixes: [])
            try filter.install()
            var counts: [Int] = []
            for prefixes in [
                ["10.79.0.0/16", "10.79.1.0/24", "10.79.1.1/32"], ["10.79.1.0/24"], ["10.79.0.0/16", "fd79::/32"],
                ["255.255.255.255/32", "8000::/1"], ["0.0.0.0/0", "::/0"], [],
            ] {
                try filter.protect(prefixes)
                guard try filter.isInPlace() else { throw Failure("\(prefixes) are not in place") }
                counts.append(filter.prefixCount)
            }
            return counts
        }
        // Own addresses: one of each family. 8000::/1 is protected without fe80::/10 and ff00::/8.
        #expect(counts.prefix(3) == [3, 3, 4])
        #expect(counts.last == 2)
        #expect(counts[3] > 3)
        #expect(counts[4] > 2)
    }

    @Test func `10,000 peers are installed in well under a second, and one more at once`() throws {
        let times = try PrivateNetwork.run {
            let prefixes = (0..<10_000).flatMap { ["10.80.\($0 / 250).\($0 % 250)/32", "fd78::1:\($0)/128"] }
            let filter = try OverlayFilter(Self.scope(), prefixes: prefixes)
            let clock = ContinuousClock()
            let install = try clock.measure { try filter.install() }
            let add = try clock.measure { try filter.protect(prefixes + ["10.90.0.1/32"]) }
            let remove = try clock.measure { try filter.protect(prefixes) }
            guard try filter.isInPlace() else { throw Failure("not in place") }
            return (install, add, remove, filter.prefixCount)
        }
        print("20,000 prefixes: install \(times.0), add \(times.1), remove \(times.2)")
        #expect(times.3 == 20_002)
    }

    @Test func `another program's change is reported with its author, and our own changes are not`() throws {
        let result = try PrivateNetwork.run {
            let filter = try OverlayFilter(Self.scope(), prefixes: [])
            let events = try OverlayFilterEvents(of: filter)
            try filter.install()
            let own = events.readChanges()
            try OverlayFilter.remove(interface: "sl1")
            let beside = events.readChanges()
            try OverlayFilter.remove(interface: "sl0")
            let others = events.readChanges()
            let isInPlace = try filter.isInPlace()
            try filter.install()
            return (own.isChanged, beside.isChanged, others, isInPlace, try filter.isInPlace())
        }
        #expect(!result.0)
        #expect(!result.1)
        #expect(result.2.isChanged && result.2.isComplete)
        #expect(result.2.author?.contains("(pid ") == true)
        #expect(!result.3)
        #expect(result.4)
    }
}
