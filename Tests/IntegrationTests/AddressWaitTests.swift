import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import TestSupport
import Testing

extension Integration {
    @Suite struct AddressWaitTests {
        /// Two hosts that are configured as each other's peers. Their agents are not started.
        private func pair(
            listen: @escaping (Int) -> String, endpoint: ((Int) -> String)? = nil
        ) async throws -> (a: Host, b: Host) {
            let network = try await Network()
            let (a, b) = (try await Host(network, 0), try await Host(network, 1))
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.listen = listen(host.index + 1)
                settings.peers = [other.peerEntry(endpoint: (endpoint ?? listen)(other.index + 1))]
                try host.configure(settings)
            }
            return (a, b)
        }

        /// Starts an agent that waits for its address, and checks what it reports meanwhile.
        private func startWaiting(_ host: Host, for words: String, doctor outcome: DoctorReport.Outcome) async throws {
            try await host.startAgent { try host.log.contains("waiting for an address to listen on") }
            let log = try host.log
            #expect(log.contains(words), "\(log)")
            try await eventually("status shows it") { try await host.sealane("status").output.contains(words) }
            #expect(try await host.sealane("status").status == 1)
            #expect(try await host.floor().contains("10.78.0.0/24"))
            #expect(try await host.run("nft", "list", "table", "inet", "sealane-sealane0").status == 0)
            #expect(try await host.run("ip", "link", "show", "sealane0").status != 0)
            let checks = try await host.doctorChecks()
            let listen = try #require(checks.first { $0.name == "listen-address" })
            #expect(listen.outcome == outcome && listen.observed.contains(words), "\(listen)")
            let agent = try #require(checks.first { $0.name == "agent" })
            #expect(agent.outcome == .warning && agent.observed.contains("has not started"), "\(agent)")
            #expect(try !host.log.contains("sealaned is up"))
        }

        private func awaitStart(of host: Host) async throws {
            try await eventually("the agent of \(host.name) is up: \(try host.log)") {
                try host.log.contains("sealaned is up")
            }
            try await eventually("the agent answers") { try await host.sealane("status").status == 0 }
        }

        @Test func `the agent waits while its IPv6 address is tentative, then carries packets`() async throws {
            let (a, b) = try await pair { "[fd77::\($0)]:7325" }
            try await b.startAgent()
            _ = try await a.run("ip", "address", "delete", "fd77::1/64", "dev", "eth0").success
            // The link must not go down and up again before this.
            _ = try await a.run("sysctl", "-q", "net.ipv6.conf.eth0.dad_transmits=600").success
            _ = try await a.run("ip", "address", "add", "fd77::1/64", "dev", "eth0").success
            try await startWaiting(a, for: "fd77::1 on eth0 is tentative", doctor: .warning)
            let check = try await a.run(
                Host.programs.appending(path: "sealaned").path, "--check", "--config", a.configurationPath)
            #expect(check.status == 0 && check.output.contains("fd77::1 on eth0 is tentative"), "\(check)")

            _ = try await a.run("ip", "address", "delete", "fd77::1/64", "dev", "eth0").success
            _ = try await a.run("sysctl", "-q", "net.ipv6.conf.eth0.dad_transmits=1").success
            _ = try await a.run("ip", "address", "add", "fd77::1/64", "dev", "eth0").success
            try await awaitStart(of: a)
            try await a.mustCarry(to: "10.78.0.2")
        }

        @Test func `the agent waits for an IPv4 address and names those that the host has`() async throws {
            let (a, b) = try await pair { "10.77.0.\($0):7325" }
            try await b.startAgent()
            _ = try await a.run("ip", "address", "delete", "10.77.0.1/24", "dev", "eth0").success
            try await startWaiting(
                a, for: "10.77.0.1 is not an address of this host; expected 127.0.0.1", doctor: .problem)
            let check = try await a.run(
                Host.programs.appending(path: "sealaned").path, "--check", "--config", a.configurationPath)
            #expect(check.status == 2 && check.output.contains("10.77.0.1 is not an address of this host"), "\(check)")
            let down = try await a.sealane("down", "--config", a.configurationPath)
            #expect(down.status == 1 && down.output.contains("stop it first"), "\(down)")
            #expect(try await a.floor().contains("10.78.0.0/24"))
            let second = try await a.runAgent()
            #expect(second.status == 1 && second.output.contains("another agent answers there"), "\(second)")

            _ = try await a.run("ip", "address", "add", "10.77.0.1/24", "dev", "eth0").success
            try await awaitStart(of: a)
            try await a.mustCarry(to: "10.78.0.2")
            #expect(try await a.stopAgent() == 0)
        }

        @Test func `an agent with its address on a down link starts, and carries once the link is up`() async throws {
            let (a, b) = try await pair { "10.77.0.\($0):7325" }
            try await b.startAgent()
            _ = try await a.run("ip", "link", "set", "eth0", "down").success
            try await a.startAgent()
            _ = try await a.run("ip", "link", "set", "eth0", "up").success
            try await a.mustCarry(to: "10.78.0.2")
        }

        @Test func `the agent waits for the metrics address too`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "metrics: {listen: \"10.77.0.9:9325\"}"
            try a.configure(settings)
            try await a.startAgent { try a.log.contains("10.77.0.9 is not an address of this host") }
            _ = try await a.run("ip", "address", "add", "10.77.0.9/24", "dev", "eth0").success
            try await awaitStart(of: a)
            try await a.waitForListener(on: 9325)
        }

        @Test(arguments: [SIGTERM, SIGINT])
        func `a signal ends a waiting agent at once and keeps routes and filter`(_ signal: Int32) async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.listen = "10.77.0.99:7325"
            try a.configure(settings)
            try await startWaiting(a, for: "10.77.0.99 is not an address of this host", doctor: .problem)
            let began = ContinuousClock.now
            try a.running.send(signal)
            #expect(await (try a.running).status(within: .seconds(10)) == 0)
            #expect(ContinuousClock.now - began < Patience.limit)
            #expect(try await a.floor().contains("10.78.0.0/24"))
            #expect(try await a.run("nft", "list", "table", "inet", "sealane-sealane0").status == 0)
            #expect(!FileManager.default.fileExists(atPath: a.controlSocket))
        }

        @Test func `an address that fails duplicate address detection ends the agent with that reason`() async throws {
            let (a, b) = try await pair { "[fd77::\($0)]:7325" }
            _ = try await b.run("ip", "address", "add", "fd77::1/64", "dev", "eth0", "nodad").success
            _ = try await a.run("ip", "address", "delete", "fd77::1/64", "dev", "eth0").success
            // The kernel probes for the address once and then waits a second.
            _ = try await a.run("ip", "address", "add", "fd77::1/64", "dev", "eth0").success
            let refused = try await a.runAgent()
            #expect(refused.status == 1, "\(refused)")
            #expect(refused.output.contains("fd77::1 on eth0 is not usable"), "\(refused)")
            #expect(refused.output.contains("DADFAILED"), "\(refused)")
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.output.contains("DADFAILED"), "\(doctor)")
        }

        @Test func `agents listen on link-local addresses with a zone`() async throws {
            let (a, b) = try await pair(
                listen: { "[fe80::77:\($0)%eth0]:7325" }, endpoint: { "[fe80::77:\($0)]:7325" })
            for host in [a, b] {
                _ = try await host.run(
                    "ip", "address", "add", "fe80::77:\(host.index + 1)/64", "dev", "eth0", "nodad"
                ).success
                // The address is valid on this interface only.
                _ = try await host.run("ip", "link", "add", "other0", "up", "type", "bridge").success
            }
            for host in [a, b] { try await host.startAgent() }
            try await a.mustCarry(to: "10.78.0.2")
            try await b.mustCarry(to: "10.78.0.1")
            #expect(try await a.statusReport().mtu == 1420)
            let peer = try await a.peerReport(b.name)
            #expect(peer.state == .established && peer.verdict.verdict == .eligible)
            #expect(peer.session?.lanes.allSatisfy { $0.state != .silent } == true, "\(peer)")
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.output.contains("fe80::77:1%eth0 is on eth0"), "\(doctor)")
        }

        @Test func `a link-local address without a zone is refused with the correct spelling`() async throws {
            let (a, _) = try await pair { "[fe80::77:\($0)]:7325" }
            let refused = try await a.runAgent()
            #expect(refused.status == 2, "\(refused)")
            #expect(refused.output.contains("expected %interface after the address"), "\(refused)")
            #expect(refused.output.contains("[fe80::77:1%eth0]:7325"), "\(refused)")
        }
    }
}
