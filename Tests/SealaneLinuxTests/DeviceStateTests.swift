import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite(.enabled(if: PrivateNetwork.isAvailable, "needs a network namespace and a TUN device (root)"))
struct DeviceStateTests {
    private static let routes = ["10.78.0.2/32", "10.90.0.0/16", "fd78::2/128"]

    /// The repairs after `harm` to a device in its required state.
    private static func repairs(
        after harm: @escaping @Sendable () throws -> Void
    ) throws -> (found: Set<String>, again: [DeviceState.Repair]) {
        try PrivateNetwork.run {
            let other = try TunQueue.open(name: "up0", persistent: false)
            let tunnel = try TunQueue.open(name: "sealane0", persistent: false)
            for name in ["lo", other.interfaceName] { try InterfaceConfiguration.setUp(name) }
            let state = DeviceState(
                index: tunnel.interfaceIndex, name: "sealane0", mtu: 1440, addresses: ["10.78.0.1/24", "fd78::1/64"],
                routes: routes, prohibited: routes + ["10.78.0.0/24"])
            _ = try state.repair { _ in }
            try harm()
            var found: Set<String> = []
            guard try state.repair({ found.insert("\($0.kind) \($0.what)") }) else { throw Failure("it is gone") }
            var again: [DeviceState.Repair] = []
            _ = try state.repair { again.append($0) }
            return (found, again)
        }
    }

    private static func run(_ command: String) throws {
        guard system("PATH=$PATH:/usr/sbin:/sbin; \(command)") == 0 else { throw Failure(command) }
    }

    private static let cases: [(String, [String])] = [
        ("true", []),
        ("ip link set sealane0 mtu 1300", ["mtu 1440, which was 1300"]),
        (
            "ip link set sealane0 down",
            ["link up", "addresses fd78::1/64", "routes 10.78.0.2/32", "routes 10.90.0.0/16", "routes fd78::2/128"]
        ),
        ("ip route flush dev sealane0 proto 73", ["routes 10.78.0.2/32", "routes 10.90.0.0/16"]),
        ("ip -6 route flush dev sealane0 proto 73", ["routes fd78::2/128"]),
        (
            "ip address flush dev sealane0",
            ["addresses 10.78.0.1/24", "addresses fd78::1/64", "routes 10.78.0.2/32", "routes 10.90.0.0/16"]
        ),
        (
            "ip address delete 10.78.0.1/24 dev sealane0; ip address add 10.78.0.1/32 dev sealane0",
            ["addresses 10.78.0.1/24", "routes 10.78.0.2/32", "routes 10.90.0.0/16"]
        ),
        ("ip route delete prohibit 10.90.0.0/16", ["prohibitRoutes 10.90.0.0/16"]),
        ("ip -6 route flush type prohibit", ["prohibitRoutes fd78::2/128"]),
        ("ip route replace 10.78.0.2/32 dev up0", ["routes 10.78.0.2/32"]),
        ("ip link set sealane0 name other0", ["name sealane0, which was other0"]),
        // Additions of other programs stay.
        ("ip address add 10.99.0.1/32 dev sealane0; ip route add 10.98.0.0/16 dev sealane0", []),
    ]

    @Test(
        "everything that others remove is restored once, with its name",
        arguments: cases)
    func mended(harm: String, expected: [String]) throws {
        let result = try Self.repairs { try Self.run(harm) }
        #expect(result.found == Set(expected), "after \(harm)")
        #expect(result.again == [], "a second repair finds nothing")
    }

    @Test("a missing device is reported, and its prohibit routes are added nevertheless")
    func gone() throws {
        let result = try PrivateNetwork.run {
            let tunnel = try TunQueue.open(name: "sealane0", persistent: false)
            try InterfaceConfiguration.setUp("lo")
            let state = DeviceState(
                index: tunnel.interfaceIndex, name: "sealane0", mtu: 1440, routes: Self.routes, prohibited: Self.routes)
            _ = consume tunnel
            return (try state.repair { _ in }, try ProhibitRoutes.prefixes(of: "sealane0").count)
        }
        #expect(result == (false, 3))
    }

    @Test("a watch distinguishes changes of the device from others")
    func watch() throws {
        let seen = try PrivateNetwork.run {
            let other = try TunQueue.open(name: "up0", persistent: false)
            let tunnel = try TunQueue.open(name: "sealane0", persistent: false)
            try InterfaceConfiguration.setUp(other.interfaceName)
            let watch = try NetworkWatch()
            var seen: [String: NetworkWatch.Changes] = [:]
            func record(_ what: String) { seen[what] = watch.readChanges(ofDevice: tunnel.interfaceIndex) }
            try InterfaceConfiguration.setMTU("sealane0", to: 1300)
            record("mtu")
            try ProhibitRoutes.add(["10.78.0.2/32"], for: "sealane0")
            record("prohibit")
            try InterfaceConfiguration.setMTU("up0", to: 1300)
            record("other mtu")
            try Self.run("ip route add 10.98.0.0/16 dev up0")
            record("other route")
            try Self.run("ip rule add to 10.98.0.0/16 lookup 7")
            record("rule")
            return seen
        }
        // The kernel adds changes of its own at any time.
        for what in ["mtu", "prohibit"] { #expect(seen[what]?.device == true, "\(what)") }
        for what in ["other mtu", "other route", "rule"] { #expect(seen[what]?.others == true, "\(what)") }
        #expect(seen["other mtu"]?.device == false)
    }
}
