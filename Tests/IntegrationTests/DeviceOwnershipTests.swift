import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import Testing

extension Integration {
    @Suite struct DeviceOwnershipTests {
        private func table(_ host: Host) async throws -> String {
            try await host.run("nft", "-s", "list", "table", "inet", "sealane-sealane0").success
        }

        @Test func `a second agent on the same interface ends and changes neither filter nor device`() async throws {
            let (a, b) = try await eligiblePair()
            try await a.mustCarry(to: "10.78.0.2")
            let before = try await table(a)
            let first = try String(contentsOfFile: a.configurationPath, encoding: .utf8)
            try a.network.directory.write(
                first.replacing("10.77.0.1:7325", with: "10.77.0.1:7400").replacing(".sock", with: ".second.sock")
                    .replacing(".state", with: ".second.state"), to: "second.yaml")
            let second = try await a.run(
                Host.programs.appending(path: "sealaned").path, "--config", a.network.directory.path("second.yaml"))
            #expect(second.status == 1, "\(second)")
            #expect(second.output.contains("is an agent running already?"), "\(second)")
            #expect(try await table(a) == before)
            try await a.mustCarry(to: "10.78.0.2")
            try await b.mustCarry(to: "10.78.0.1")
            #expect(try await a.statusReport().overlayFilter?.repairs == 0)
        }

        @Test func `sealane down removes filter and routes and keeps a device that is not a TUN device`() async throws {
            let (a, _) = try await eligiblePair()
            #expect(try await a.stopAgent() == 0)
            _ = try await a.run("ip", "link", "add", "sealane0", "type", "bridge").success
            let down = try await a.sealane("down", "--config", a.configurationPath)
            #expect(down.status == 0, "\(down)")
            #expect(down.output.contains("removed from sealane0: the overlay filter, "), "\(down)")
            #expect(down.output.contains("the interface sealane0 is not a TUN device, so it stays"), "\(down)")
            #expect(try await a.floor().isEmpty)
            #expect(try await a.run("nft", "list", "table", "inet", "sealane-sealane0").status != 0)
            #expect(try await a.run("ip", "link", "show", "sealane0").status == 0)
            // Nothing of an agent is left, so the name may be a mistake.
            let again = try await a.sealane("down", "--config", a.configurationPath)
            #expect(again.status == 1 && again.output.contains("is not a TUN device"), "\(again)")
        }

        @Test func `doctor reports unresponsive peers and disabled IPv6 on the tunnel device`() async throws {
            let (a, b) = try await eligiblePair()
            try await a.mustCarry(to: "10.78.0.2")
            func checks() async throws -> [String: [DoctorReport.Check]] {
                Dictionary(grouping: try await a.doctorChecks(), by: \.name)
            }
            let sound = try await checks()
            #expect(sound["peers"]?.map(\.observed) == ["1: 1 established; verdicts: 1 eligible"], "\(sound)")
            #expect(sound["tunnel-ipv6"]?.map(\.observed) == ["sealane0 carries IPv6"], "\(sound)")

            _ = try await a.run("sysctl", "-q", "net.ipv6.conf.sealane0.disable_ipv6=1").success
            let disabled = try #require(try await checks()["tunnel-ipv6"]?.first)
            #expect(disabled.outcome == .problem, "\(disabled)")
            #expect(disabled.observed.contains("IPv6 is disabled on sealane0"), "\(disabled)")
            #expect(disabled.observed.contains("fd78::1/64"), "\(disabled)")
            _ = try await a.run("sysctl", "-q", "net.ipv6.conf.sealane0.disable_ipv6=0").success

            try await a.killAgent()
            try await b.killAgent()
            try await a.startAgent()
            let ping = try a.start("ping", "-n", "-i", "1", "10.78.0.2")
            try await eventually("doctor reports that the peer does not answer") {
                let found = try await checks()["peers"]?.last
                return found?.observed.hasPrefix("\(b.name) does not answer: no answer to ") == true
                    && found?.outcome == .warning && found?.remedy?.contains("7325") == true
            }
            ping.send(SIGKILL)
            _ = await ping.status()
        }
    }
}
