import Foundation
import NetworkLab
import TestSupport
import Testing

extension Integration {
    @Suite struct UnderlayTests {
        /// Sends one packet that may not be fragmented.
        private func carries(_ byteCount: Int, _ host: Host, to address: String = "10.78.0.2") async throws -> Bool {
            let answer = try await host.run(
                "ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s", "\(byteCount - 28)", address)
            return answer.status == 0
        }

        @Test func `device and path follow MTU changes of both interfaces, and no peer is refused`() async throws {
            let (a, b) = try await eligiblePair(mtus: [9000, 9000])
            try await eventually(within: .seconds(20), "9000") { try await carries(8940, a) }
            for mtu in [1500, 1400, 9000, 1500] {
                for host in [a, b] { _ = try await host.run("ip", "link", "set", "eth0", "mtu", "\(mtu)").success }
                try await eventually("the devices follow to \(mtu)") {
                    let mtus = [try await a.statusReport().mtu, try await b.statusReport().mtu]
                    return mtus == [mtu - 60, mtu - 60]
                }
                // A refusal would last ten seconds.
                try await eventually(within: .seconds(8), "packets of \(mtu - 60) pass") {
                    try await carries(mtu - 60, a)
                }
                #expect(try await !carries(mtu - 59, a))
                try await eventually("the session states it") { try await a.peerReport(b.name).mtu == mtu - 60 }
            }
            for host in [a, b] {
                let log = try host.log
                #expect(!log.contains("path-mtu-reduced"), "\(log)")
                #expect(try await host.statusReport().repairs?["mtu"] == 0, "its own changes are no repairs")
            }
        }

        @Test func `packets that are sent while the MTU rises leave no lower path MTU in the kernel`() async throws {
            let (a, b) = try await eligiblePair(mtus: [1400, 1400])
            try await a.mustCarry(to: "10.78.0.2")
            // Each packet is as long as the device lets it be, and must arrive whole.
            let load = try a.start("ping", "-n", "-q", "-i", "0.002", "-M", "do", "-s", "\(8940 - 28)", "10.78.0.2")
            for host in [a, b] {
                _ = try await host.run("ip", "link", "set", "eth0", "mtu", "9000").success
                // The second host follows after the first one has renewed its sessions.
                try await Task.sleep(for: .seconds(1))
            }
            try await eventually("the devices follow") {
                let mtus = [try await a.statusReport().mtu, try await b.statusReport().mtu]
                return mtus == [8940, 8940]
            }
            #expect(try await carries(8940, a))
            load.send(SIGINT)
            _ = await load.status(within: .seconds(5))
            let route = try await a.run("ip", "route", "get", "10.78.0.2").success
            #expect(!route.contains("mtu"), "\(route)")
        }

        @Test func `with an underlay below IPv6's minimum the device keeps IPv6, and doctor says so`() async throws {
            let (a, b) = try await eligiblePair(mtus: [1500, 1500])
            try await a.mustCarry(to: "fd78::2")
            for host in [a, b] { _ = try await host.run("ip", "link", "set", "eth0", "mtu", "1300").success }
            try await eventually("the device follows") { try await a.statusReport().mtu == 1280 }
            let address = try await a.run("ip", "-6", "-o", "address", "show", "sealane0").output
            #expect(address.contains("fd78::1/64"), "\(address)")
            try await eventually(within: .seconds(8), "packets that fit pass") { try await carries(1240, a) }
            try await a.mustCarry(to: "fd78::2")
            let log = try a.log
            #expect(log.contains("the underlay carries less than IPv6 needs"), "\(log)")
            #expect(log.contains("carried=1240") && !log.contains("cannot be restored"), "\(log)")
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.output.contains("packets of 1240 bytes through, and IPv6 needs 1280"), "\(doctor)")
        }

        @Test func `MTUs lowered seconds apart under load refuse no peer`() async throws {
            let (a, b) = try await eligiblePair(mtus: [9000, 9000])
            try await a.mustCarry(to: "10.78.0.2")
            let load = try a.start("ping", "-n", "-i", "0.01", "-s", "4000", "10.78.0.2")
            for host in [a, b] {
                _ = try await host.run("ip", "link", "set", "eth0", "mtu", "1500").success
                // Wait for more than one check of the path.
                try await Task.sleep(for: .seconds(7))
            }
            load.send(SIGINT)
            _ = await load.status(within: .seconds(5))
            #expect(try await carries(1440, a))
            for host in [a, b] {
                let log = try host.log
                #expect(!log.contains("path-mtu-reduced"), "\(log)")
            }
        }

        @Test func `a listen address on lo gets the MTU of the routes to the peers and follows them`() async throws {
            let network = try await Network(cableMTUs: [1500, 1400])
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            for (host, other) in [(a, b), (b, a)] {
                let number = host.index + 1
                _ = try await host.run("ip", "address", "add", "10.88.0.\(number)/32", "dev", "lo").success
                var settings = host.defaults
                settings.listen = "10.88.0.\(number):7325"
                settings.peers = [other.peerEntry(endpoint: "10.88.0.\(other.index + 1):7325")]
                try host.configure(settings)
                _ = try await host.run(
                    "ip", "route", "add", "10.88.0.\(other.index + 1)/32", "via", "10.77.0.\(other.index + 1)"
                ).success
                try await host.startAgent()
            }
            try await eventually(within: .seconds(20), "1440") { try await carries(1440, a) }
            #expect(try await a.statusReport().mtu == 1440)
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(
                doctor.output.contains(
                    "10.88.0.1 is on lo; packets to peers leave by eth0 (MTU 1500), whose MTU lets packets of 1440 bytes"
                ),
                "\(doctor)")

            for (host, far) in [(a, 2), (b, 1)] {
                _ = try await host.run(
                    "ip", "route", "replace", "10.88.0.\(far)/32", "via", "10.77.1.\(far)"
                ).success
            }
            try await eventually("the way out is another") { try await a.statusReport().mtu == 1340 }
            try await eventually(within: .seconds(8), "1340") { try await carries(1340, a) }
            // Use both routes at once: the smaller MTU counts.
            for (host, far) in [(a, 2), (b, 1)] {
                _ = try await host.run(
                    "ip", "route", "replace", "10.88.0.\(far)/32", "nexthop", "via", "10.77.0.\(far)", "nexthop", "via",
                    "10.77.1.\(far)"
                ).success
            }
            #expect(try await carries(1340, a))
            #expect(try await a.statusReport().mtu == 1340)
            for host in [a, b] {
                let log = try host.log
                #expect(!log.contains("path-mtu-reduced"), "\(log)")
            }
        }

        @Test func `a listen address that disappears and returns keeps the MTU`() async throws {
            let (a, _) = try await eligiblePair(mtus: [1400, 1400])
            try await a.mustCarry(to: "10.78.0.2")
            _ = try await a.run("ip", "address", "delete", "10.77.0.1/24", "dev", "eth0").success
            try await Task.sleep(for: .milliseconds(200))
            _ = try await a.run("ip", "address", "add", "10.77.0.1/24", "dev", "eth0").success
            try await a.mustCarry(to: "10.78.0.2")
            #expect(try await a.statusReport().mtu == 1340)
        }
    }
}
