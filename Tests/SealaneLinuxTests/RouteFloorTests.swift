import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite(.enabled(if: PrivateNetwork.isAvailable, "needs a network namespace and a TUN device (root)"))
struct RouteFloorTests {
    private static let peers = ["10.78.0.2/32", "10.90.0.0/16", "fd78::2/128"]
    private static let addresses = ["10.78.0.2", "10.90.3.4", "fd78::2"]

    /// Runs `body` in a namespace whose default routes lead to the device up0, with the device sealane0 beside it.
    private static func run<Value: Sendable>(
        _ body: @escaping @Sendable (_ tunnel: consuming TunQueue) throws -> Value
    ) throws -> Value {
        try PrivateNetwork.run {
            let uplink = try TunQueue.open(name: "up0", persistent: false)
            try InterfaceConfiguration.setUp("lo")
            try InterfaceConfiguration.setUp(uplink.interfaceName)
            try InterfaceConfiguration.replaceAddresses(of: "up0", with: ["10.77.0.1/24", "fd77::1/64"])
            for prefix in ["0.0.0.0/0", "::/0"] { try InterfaceConfiguration.addRoute(prefix, device: "up0") }
            let tunnel = try TunQueue.open(name: "sealane0", persistent: true)
            try InterfaceConfiguration.setUp("sealane0")
            try InterfaceConfiguration.replaceAddresses(of: "sealane0", with: ["10.78.0.1/24", "fd78::1/64"])
            return try body(tunnel)
        }
    }

    /// `sealane0`, `up0` or an error number.
    private static func ways() throws -> [String] {
        try addresses.map { address in
            switch try NetworkRoute.answer(to: address) {
            case .out(let hops): hops.first.flatMap { NetworkInterface.name(of: $0.interfaceIndex) } ?? "nowhere"
            case .refused(let errno): errno == EACCES ? "prohibited" : "errno \(errno)"
            }
        }
    }

    @Test func `packets take the device while it is there and fall on the floor when it is down, idle or gone`() throws
    {
        let ways = try Self.run { tunnel in
            var ways = [try Self.ways()]
            try RouteFloor.add(Self.peers, under: "sealane0")
            ways.append(try Self.ways())
            try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: Self.peers)
            try InterfaceConfiguration.ignoreRoutesWithoutCarrier("sealane0")
            ways.append(try Self.ways())
            _ = consume tunnel
            // The kernel tells routes of a lost carrier within a second.
            for _ in 0..<30_000 {
                if try Self.ways() == ["prohibited", "prohibited", "prohibited"] { break }
                usleep(10_000)
            }
            ways.append(try Self.ways())
            try TunDevice.remove("sealane0")
            ways.append(try Self.ways())
            try RouteFloor.remove(under: "sealane0")
            ways.append(try Self.ways())
            return ways
        }
        let tunnel = ["sealane0", "sealane0", "sealane0"]
        let prohibited = ["prohibited", "prohibited", "prohibited"]
        // At first, two addresses are of the device's own network.
        #expect(ways[0] == ["sealane0", "up0", "sealane0"])
        #expect(Array(ways[1...]) == [prohibited, tunnel, prohibited, prohibited, ["up0", "up0", "up0"]])
    }

    @Test func `a floor becomes exactly what is listed, again and again, and other devices' floors stay`() throws {
        let result = try Self.run { _ in
            try RouteFloor.add(["10.91.0.0/16"], under: "tunnel7")
            let steps = [Self.peers, Self.peers, ["10.78.0.2/32", "fd79::/64"], []]
            let found = try steps.map { step in
                try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: [], over: step)
                return try RouteFloor.prefixes(under: "sealane0").sorted()
            }
            try RouteFloor.add(["fd79::1/64", "10.78.1.1/24"], under: "sealane0")
            try RouteFloor.add(["fd79::/64"], under: "sealane0")
            let added = try RouteFloor.prefixes(under: "sealane0").sorted()
            return (
                steps.map { $0.sorted() }, found, added, try RouteFloor.remove(under: "sealane0").sorted(),
                try RouteFloor.remove(under: "sealane0"), try RouteFloor.prefixes(under: "tunnel7")
            )
        }
        #expect(result.0 == result.1)
        #expect(result.2 == ["10.78.1.0/24", "fd79::/64"])
        #expect(result.3 == result.2)
        #expect(result.4 == [])
        #expect(result.5 == ["10.91.0.0/16"])
    }

    @Test func `devices whose names differ in the way of writing a number have floors of their own`() throws {
        let result = try Self.run { _ in
            for (number, device) in ["sealane7", "sealane07", "sealane+7"].enumerated() {
                try RouteFloor.add(["10.9\(number).0.0/16"], under: device)
            }
            try RouteFloor.remove(under: "sealane07")
            return [try RouteFloor.prefixes(under: "sealane7"), try RouteFloor.prefixes(under: "sealane+7")]
        }
        #expect(result == [["10.90.0.0/16"], ["10.92.0.0/16"]])
    }

    @Test func `a route of somebody's for a peer's prefix does not come before the floor`() throws {
        let ways = try Self.run { _ in
            for (prefix, metric) in zip(Self.peers, [50, 100, 2000] as [UInt32]) {
                try InterfaceConfiguration.addRoute(prefix, device: "up0", metric: metric)
            }
            try RouteFloor.add(Self.peers, under: "sealane0")
            return try Self.ways()
        }
        #expect(ways == ["prohibited", "prohibited", "prohibited"])
    }

    @Test func `a thousand prefixes are laid and taken away`() throws {
        let counts = try Self.run { _ in
            try RouteFloor.add((0..<1000).map { "10.80.\($0 / 250).\($0 % 250)/32" }, under: "sealane0")
            let full = try RouteFloor.prefixes(under: "sealane0").count
            return (full, try RouteFloor.remove(under: "sealane0").count)
        }
        #expect(counts == (1000, 1000))
    }

    @Test func `routes over a floor that cannot be had leave everything as it was`() throws {
        let result = try Self.run { _ in
            let before = ["10.80.0.0/24", "10.81.0.0/24"]
            try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: before, over: before)
            try InterfaceConfiguration.addRoute("10.82.0.0/24", device: "up0")
            let wanted = ["10.80.0.0/24", "10.82.0.0/24", "10.83.0.0/24"]
            let error = systemError {
                try InterfaceConfiguration.replaceRoutes(device: "sealane0", with: wanted, over: wanted)
            }
            return (
                error?.advice, try InterfaceConfiguration.routes(through: "sealane0").sorted(),
                try RouteFloor.prefixes(under: "sealane0").sorted()
            )
        }
        #expect(result.0 == "10.82.0.0/24 is already routed through up0: remove that route")
        #expect(result.1 == ["10.80.0.0/24", "10.81.0.0/24"])
        #expect(result.2 == result.1)
    }
}
