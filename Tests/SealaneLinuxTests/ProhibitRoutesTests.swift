import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite(.enabled(if: PrivateNetwork.isAvailable, "needs a network namespace and a TUN device (root)"))
struct ProhibitRoutesTests {
    private static let peers = ["10.78.0.2/32", "10.90.0.0/16", "fd78::2/128"]
    private static let defaultRoutes = ["0.0.0.0/0", "::/0"]
    private static let addresses = ["10.78.0.2", "10.90.3.4", "fd78::2"]

    /// Runs `body` in a namespace with the devices up0, which has the default routes, and sealane0.
    private static func run<Value: Sendable>(
        _ body: @escaping @Sendable (_ tunnel: consuming TunQueue) throws -> Value
    ) throws -> Value {
        try PrivateNetwork.run {
            let uplink = try TunQueue.open(name: "up0", persistent: false)
            try InterfaceConfiguration.setUp("lo")
            try InterfaceConfiguration.setUp(uplink.interfaceName)
            try InterfaceConfiguration.replaceAddresses(of: "up0", with: ["10.77.0.1/24", "fd77::1/64"])
            try InterfaceConfiguration.replaceRoutes(device: "up0", with: Self.defaultRoutes)
            let tunnel = try TunQueue.open(name: "sealane0", persistent: true)
            try InterfaceConfiguration.setUp("sealane0")
            try InterfaceConfiguration.replaceAddresses(of: "sealane0", with: ["10.78.0.1/24", "fd78::1/64"])
            return try body(tunnel)
        }
    }

    /// `sealane0`, `up0` or an error number.
    private static func paths() throws -> [String] {
        try addresses.map { address in
            switch try NetworkRoute.answer(to: address) {
            case .out(let hops): hops.first.flatMap { NetworkInterface.name(of: $0.interfaceIndex) } ?? "nowhere"
            case .refused(let errno): errno == EACCES ? "prohibited" : "errno \(errno)"
            }
        }
    }

    @Test func `packets take the device while it exists, and are prohibited while it has no carrier or is gone`() throws
    {
        let paths = try Self.run { tunnel in
            var paths = [try Self.paths()]
            try ProhibitRoutes.add(Self.peers, for: "sealane0")
            paths.append(try Self.paths())
            try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: Self.peers)
            try InterfaceConfiguration.ignoreRoutesWithoutCarrier("sealane0")
            paths.append(try Self.paths())
            _ = consume tunnel
            // The kernel updates routes after a lost carrier within a second.
            for _ in 0..<30_000 {
                if try Self.paths() == ["prohibited", "prohibited", "prohibited"] { break }
                usleep(10_000)
            }
            paths.append(try Self.paths())
            try TunDevice.remove("sealane0")
            paths.append(try Self.paths())
            try ProhibitRoutes.remove(of: "sealane0")
            paths.append(try Self.paths())
            return paths
        }
        let tunnel = ["sealane0", "sealane0", "sealane0"]
        let prohibited = ["prohibited", "prohibited", "prohibited"]
        // At first, two addresses are in the device's own networks.
        #expect(paths[0] == ["sealane0", "up0", "sealane0"])
        #expect(Array(paths[1...]) == [prohibited, tunnel, prohibited, prohibited, ["up0", "up0", "up0"]])
    }

    @Test func `prohibit routes become exactly the listed ones, every time, and those of other devices stay`() throws {
        let result = try Self.run { _ in
            try ProhibitRoutes.add(["10.91.0.0/16"], for: "tunnel7")
            let steps = [Self.peers, Self.peers, ["10.78.0.2/32", "fd79::/64"], []]
            let found = try steps.map { step in
                try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: [], prohibiting: step)
                return try ProhibitRoutes.prefixes(of: "sealane0").sorted()
            }
            try ProhibitRoutes.add(["fd79::1/64", "10.78.1.1/24"], for: "sealane0")
            try ProhibitRoutes.add(["fd79::/64"], for: "sealane0")
            let added = try ProhibitRoutes.prefixes(of: "sealane0").sorted()
            return (
                steps.map { $0.sorted() }, found, added, try ProhibitRoutes.remove(of: "sealane0").sorted(),
                try ProhibitRoutes.remove(of: "sealane0"), try ProhibitRoutes.prefixes(of: "tunnel7")
            )
        }
        #expect(result.0 == result.1)
        #expect(result.2 == ["10.78.1.0/24", "fd79::/64"])
        #expect(result.3 == result.2)
        #expect(result.4 == [])
        #expect(result.5 == ["10.91.0.0/16"])
    }

    @Test func `device names that differ only in the notation of a number have separate prohibit routes`() throws {
        let result = try Self.run { _ in
            for (number, device) in ["sealane7", "sealane07", "sealane+7"].enumerated() {
                try ProhibitRoutes.add(["10.9\(number).0.0/16"], for: device)
            }
            try ProhibitRoutes.remove(of: "sealane07")
            return [try ProhibitRoutes.prefixes(of: "sealane7"), try ProhibitRoutes.prefixes(of: "sealane+7")]
        }
        #expect(result == [["10.90.0.0/16"], ["10.92.0.0/16"]])
    }

    @Test func `prohibit routes take precedence over other programs' routes for a peer's prefix`() throws {
        let paths = try Self.run { _ in
            let others = try ["up1", "up2", "up3"].map { OneShot(try TunQueue.open(name: $0, persistent: false)) }
            for (number, metric) in [50, 100, 2000 as UInt32].enumerated() {
                let device = "up\(number + 1)"
                try InterfaceConfiguration.setUp(device)
                try InterfaceConfiguration.replaceRoutes(device: device, with: [Self.peers[number]], metric: metric)
            }
            let before = try Self.paths()
            try ProhibitRoutes.add(Self.peers, for: "sealane0")
            return try withExtendedLifetime(others) { [before, try Self.paths()] }
        }
        #expect(paths == [["up1", "up2", "up3"], ["prohibited", "prohibited", "prohibited"]])
    }

    @Test func `a thousand prefixes are prohibited and released`() throws {
        let counts = try Self.run { _ in
            try ProhibitRoutes.add((0..<1000).map { "10.80.\($0 / 250).\($0 % 250)/32" }, for: "sealane0")
            let full = try ProhibitRoutes.prefixes(of: "sealane0").count
            return (full, try ProhibitRoutes.remove(of: "sealane0").count)
        }
        #expect(counts == (1000, 1000))
    }

    @Test func `a failed change of routes and prohibit routes leaves everything unchanged`() throws {
        let result = try Self.run { _ in
            let before = ["10.80.0.0/24", "10.81.0.0/24"]
            try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: before, prohibiting: before)
            try InterfaceConfiguration.replaceRoutes(device: "up0", with: Self.defaultRoutes + ["10.82.0.0/24"])
            let wanted = ["10.80.0.0/24", "10.82.0.0/24", "10.83.0.0/24"]
            let error = systemError {
                try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: wanted, prohibiting: wanted)
            }
            return (
                error?.advice, try InterfaceConfiguration.routes(through: "sealane0").sorted(),
                try ProhibitRoutes.prefixes(of: "sealane0").sorted()
            )
        }
        #expect(result.0 == "10.82.0.0/24 is already routed through up0: remove that route")
        #expect(result.1 == ["10.80.0.0/24", "10.81.0.0/24"])
        #expect(result.2 == result.1)
    }
}
