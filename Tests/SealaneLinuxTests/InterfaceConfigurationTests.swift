import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite(.enabled(if: PrivateNetwork.isAvailable, "needs a network namespace and a TUN device (root)"))
struct InterfaceConfigurationTests {
    /// Runs `body` in a namespace with the devices sl0 and sl1, both up.
    private func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        try PrivateNetwork.run {
            let first = try TunQueue.open(name: "sl0", persistent: false)
            let second = try TunQueue.open(name: "sl1", persistent: false)
            try InterfaceConfiguration.setUp(first.interfaceName)
            try InterfaceConfiguration.setUp(second.interfaceName)
            return try body()
        }
    }

    private static func addresses() throws -> [String] {
        try InterfaceConfiguration.addresses(of: "sl0").filter { !$0.hasPrefix("fe80:") }.sorted()
    }

    private static func routes() throws -> [String] {
        try InterfaceConfiguration.routes(through: "sl0").sorted()
    }

    @Test func `setting up and MTU takes effect and is idempotent`() throws {
        let result = try run {
            for _ in 0..<2 {
                try InterfaceConfiguration.setMTU("sl0", to: 8941)
                try InterfaceConfiguration.setUp("sl0")
            }
            let interface = try NetworkInterface.all().first { $0.name == "sl0" }
            return (try NetworkInterface.mtu(of: "sl0"), interface?.isUp, interface?.isLoopback)
        }
        #expect(result.0 == 8941)
        #expect(result.1 == true)
        #expect(result.2 == false)
    }

    @Test func `errors name an MTU that the device refuses, and a missing device`() throws {
        let errors = try run {
            (
                systemError { try InterfaceConfiguration.setMTU("sl0", to: 10) },
                systemError { try InterfaceConfiguration.setMTU("sl0", to: -1) },
                systemError { try InterfaceConfiguration.setUp("sl9") }
            )
        }
        #expect(errors.0?.description.hasPrefix("RTM_NEWLINK(sl0 mtu 10): Invalid argument (EINVAL)") == true)
        #expect(errors.1?.errno == EINVAL)
        #expect(errors.2?.description == "if_nametoindex(sl9): No such device (ENODEV)")
    }

    @Test func `addresses become exactly the listed ones, every time`() throws {
        let steps: [[String]] = [
            ["10.78.0.1/24", "fd78::1/64"],
            ["10.78.0.1/24", "fd78::1/64"],
            ["10.78.0.1/24", "10.78.0.9/24", "10.79.0.1/32", "fd78::2/128"],
            // Removing the subnet's primary address makes the kernel remove the others too.
            ["10.78.0.9/24", "fd78::2/128"],
            // The same addresses with other prefix lengths.
            ["10.78.0.9/16", "fd78::2/64"],
            [],
        ]
        let found = try run {
            try steps.map { step in
                try InterfaceConfiguration.replaceAddresses(of: "sl0", with: step)
                return try Self.addresses()
            }
        }
        #expect(found == steps.map { $0.sorted() })
    }

    @Test func `an IPv6 address works at once and the link-local one stays`() throws {
        let result = try run {
            let linkLocal = try InterfaceConfiguration.addresses(of: "sl0").filter { $0.hasPrefix("fe80:") }
            try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["fd78::1/64"])
            let socket = try UDPSocket.bind(to: address("fd78::1"))
            let after = try InterfaceConfiguration.addresses(of: "sl0").filter { $0.hasPrefix("fe80:") }
            return (linkLocal, after, socket.localAddress.addressText)
        }
        #expect(result.0.count == 1)
        #expect(result.0 == result.1)
        #expect(result.2 == "fd78::1")
    }

    @Test func `an address of an interface without IPv6 is refused with the reason`() throws {
        let error = try run {
            let file = open("/proc/sys/net/ipv6/conf/sl0/disable_ipv6", O_WRONLY)
            guard file >= 0, write(file, "1", 1) == 1 else { throw Failure("disable_ipv6: errno \(errno)") }
            close(file)
            return systemError { try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["fd78::1/64"]) }
        }
        #expect(error?.subject == "fd78::1/64 on sl0")
        #expect(error?.advice?.hasPrefix("IPv6 is disabled on sl0") == true)
    }

    @Test(arguments: [
        "", "10.78.0.1/33", "10.78.0/24", "fd78::1/129", "10.78.0.1/", "10.78.0.1/+4", "10.78.0.1/-1", "x/8",
    ])
    func `an invalid prefix is refused before anything changes`(text: String) throws {
        let result = try run {
            try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["10.78.0.1/24"])
            let errors = [
                systemError { try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["10.78.0.2/24", text]) },
                systemError { try InterfaceConfiguration.replaceRoutes(device: "sl0", with: ["10.80.0.0/24", text]) },
            ]
            return (errors, try Self.addresses(), try Self.routes())
        }
        #expect(result.0.allSatisfy { $0?.errno == EINVAL && $0?.subject == text })
        #expect(result.1 == ["10.78.0.1/24"])
        #expect(result.2 == [])
    }

    @Test func `routes become exactly the listed ones, and those of another device stay`() throws {
        let steps: [[String]] = [
            ["10.80.0.0/16", "10.81.0.5/32", "fd80::/48", "fd81::5/128"],
            ["10.80.0.0/16", "10.81.0.5/32", "fd80::/48", "fd81::5/128"],
            ["10.81.0.5/32", "fd82::/64", "0.0.0.0/1"],
            [],
        ]
        let result = try run {
            try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["10.78.0.1/24"])
            try InterfaceConfiguration.replaceRoutes(device: "sl1", with: ["10.90.0.0/16"])
            let found = try steps.map { step in
                try InterfaceConfiguration.replaceRoutes(device: "sl0", with: step)
                return try Self.routes()
            }
            let connected = try NetworkRoute.probe(to: address("10.78.0.2"))
            return (found, try InterfaceConfiguration.routes(through: "sl1"), connected.source.addressText)
        }
        #expect(result.0 == steps.map { $0.sorted() })
        #expect(result.1 == ["10.90.0.0/16"])
        #expect(result.2 == "10.78.0.1")
    }

    @Test func `a route's host bits are ignored, and repeating it is no error`() throws {
        let routes = try run {
            for _ in 0..<2 {
                try InterfaceConfiguration.replaceRoutes(
                    device: "sl0", with: ["10.80.1.2/16", "10.80.0.0/16", "fd80::5/64"])
            }
            return try Self.routes()
        }
        #expect(routes == ["10.80.0.0/16", "fd80::/64"])
    }

    @Test func `the kernel's connected route is accepted in place of ours`() throws {
        let result = try run {
            try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["10.78.0.1/24"])
            return systemError { try InterfaceConfiguration.replaceRoutes(device: "sl0", with: ["10.78.0.0/24"]) }
        }
        // The kernel's connected route has the same destination and metric.
        #expect(result == nil)
    }

    @Test func `a route through another device is an error that names the device`() throws {
        let error = try run {
            try InterfaceConfiguration.replaceRoutes(device: "sl1", with: ["10.80.0.2/32"])
            return systemError { try InterfaceConfiguration.replaceRoutes(device: "sl0", with: ["10.80.0.2/32"]) }
        }
        #expect(error?.errno == EEXIST)
        #expect(error?.advice == "10.80.0.2/32 is already routed through sl1: remove that route")
    }

    @Test func `routes of another table or metric are independent`() throws {
        let result = try run {
            try InterfaceConfiguration.replaceRoutes(device: "sl1", with: ["10.80.0.2/32"])
            try InterfaceConfiguration.replaceRoutes(device: "sl0", with: ["10.80.0.2/32"], metric: 7)
            try InterfaceConfiguration.replaceRoutes(device: "sl0", with: ["10.80.0.2/32", "fd80::/64"], table: 7325)
            try InterfaceConfiguration.replaceRoutes(device: "sl0", with: [], table: 7325)
            return try Self.routes()
        }
        #expect(result == ["10.80.0.2/32"])
    }

    @Test func `a route through a device that is down says so`() throws {
        let error = try PrivateNetwork.run {
            let queue = try TunQueue.open(name: "sl0", persistent: false)
            return systemError {
                try InterfaceConfiguration.replaceRoutes(device: queue.interfaceName, with: ["10.80.0.0/16"])
            }
        }
        #expect(error?.errno == ENETDOWN)
        #expect(error?.advice == "set sl0 up first")
    }

    @Test func `a hundred routes are added and removed`() throws {
        let count = try run {
            let all = (0..<100).map { "10.\(100 + $0).0.0/16" }
            try InterfaceConfiguration.replaceRoutes(device: "sl0", with: all)
            let full = try Self.routes().count
            try InterfaceConfiguration.replaceRoutes(device: "sl0", with: Array(all.prefix(3)))
            return (full, try Self.routes().count)
        }
        #expect(count == (100, 3))
    }

    @Test func `a probe reports MTU, source and interface, and uses a given source`() throws {
        let result = try run {
            try InterfaceConfiguration.setMTU("sl1", to: 9001)
            try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["10.78.0.1/24", "fd78::1/64"])
            try InterfaceConfiguration.replaceAddresses(
                of: "sl1", with: ["10.79.0.1/24", "10.79.0.2/24", "fd79::1/64"])
            let destinations = ["10.78.0.7", "10.79.0.7", "fd79::7"]
            let routes = try destinations.map { try NetworkRoute.probe(to: address($0)) }
            let chosen = try NetworkRoute.probe(to: address("10.79.0.7"), from: address("10.79.0.2", 7325))
            return (
                routes.map(\.mtu), routes.map(\.source.addressText),
                routes.map { $0.interfaceIndex.flatMap { NetworkInterface.name(of: $0) } }, chosen.source.description,
                systemError { _ = try NetworkRoute.probe(to: address("203.0.113.1")) },
                systemError { _ = try NetworkRoute.probe(to: address("10.79.0.7"), from: address("10.1.1.1")) }
            )
        }
        #expect(result.0 == [1500, 9001, 9001])
        #expect(result.1 == ["10.78.0.1", "10.79.0.1", "fd79::1"])
        #expect(result.2 == ["sl0", "sl1", "sl1"])
        #expect(result.3 == "10.79.0.2:0")
        #expect(result.4?.advice == "there is no route to 203.0.113.1")
        #expect(result.5?.advice == "10.1.1.1 is not an address of this host")
    }

    @Test func `addresses are listed with their interfaces, and tentative ones are marked`() throws {
        let result = try run {
            try InterfaceConfiguration.replaceAddresses(of: "sl1", with: ["10.79.0.1/24", "fd79::1/64"])
            let tentative = try HostAddress.all()
            return (tentative, NetworkInterface.ipv6(of: "sl1"), NetworkInterface.ipv6(of: "nothing"))
        }
        let held = result.0.filter { $0.interface == "sl1" && $0.address.scope == 0 }
        // The kernel skips duplicate address detection for addresses of replaceAddresses.
        #expect(held.map(\.address.addressText).sorted() == ["10.79.0.1", "fd79::1"])
        #expect(held.allSatisfy { $0.state == .usable && $0.address.port == 0 }, "\(held)")
        #expect(result.1 == .on)
        #expect(result.2 == .absent)
    }

    @Test func `a link-local address belongs only to the interface of its scope`() throws {
        let result = try run {
            try InterfaceConfiguration.replaceAddresses(of: "sl1", with: ["fe80::79/64"])
            let scopes = try ["sl0", "sl1"].map { UInt32(bitPattern: try NetworkInterface.index(of: $0)) }
            return try scopes.map { scope in
                try NetworkInterface.holding(
                    SocketAddress(high: 0xfe80 << 48, low: 0x79, port: 1, scope: scope))?.name
            }
        }
        #expect(result == [nil, "sl1"])
    }

    @Test func `the interface with an address is found`() throws {
        let result = try run {
            try InterfaceConfiguration.replaceAddresses(of: "sl1", with: ["10.79.0.1/24", "fd79::1/64"])
            let held = try NetworkInterface.holding(address("10.79.0.1", 7325))
            let held6 = try NetworkInterface.holding(address("fd79::1"))
            let strange = try NetworkInterface.holding(address("10.79.0.2"))
            return (held, held6, strange)
        }
        #expect(result.0?.name == "sl1")
        #expect(result.0?.addresses.contains { $0.text == "10.79.0.1" && $0.prefixLength == 24 } == true)
        #expect(result.1?.name == "sl1")
        #expect(
            result.1?.addresses.contains { $0.text == "fd79::1" && $0.prefixLength == 64 && $0.bytes.count == 16 }
                == true)
        #expect(result.2 == nil)
    }
}
