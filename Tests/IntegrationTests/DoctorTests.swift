import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import Testing

extension Integration {
    @Suite struct DoctorTests {
        private func examine(_ host: Host) async throws -> (outcome: Outcome, report: DoctorReport) {
            let outcome = try await host.sealane("doctor", "--json", "--config", host.configurationPath)
            return (outcome, try ReportSchema.decode(DoctorReport.self, from: Array(outcome.output.utf8)))
        }

        private func expectSound(_ report: DoctorReport, but name: String) {
            for check in report.checks where ![name, "clock", "instance-metadata"].contains(check.name) {
                #expect(check.outcome == .ok, "\(check)")
            }
        }

        @Test func `doctor finds no problem before the agent starts and while it runs`() async throws {
            let (a, b) = try await eligiblePair()
            let (running, report) = try await examine(a)
            #expect(running.status == 0, "\(running)")
            expectSound(report, but: "")
            #expect(report.checks.contains { $0.name == "ports" && $0.observed.contains("the running agent") })

            #expect(try await b.stopAgent() == 0)
            let (stopped, before) = try await examine(b)
            #expect(stopped.status == 0, "a warning is no problem: \(stopped)")
            expectSound(before, but: "agent")
            #expect(before.checks.contains { $0.name == "agent" && $0.outcome == .warning })
            #expect(before.checks.contains { $0.name == "ports" && $0.observed.hasSuffix("free") })
            // Doctor left nothing behind, and the agent starts as before.
            #expect(try await b.run("ip", "link", "show", "sealane0").status != 0)
            try await b.startAgent()
            #expect(try await b.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.1").status == 0)
        }

        @Test func `doctor warns of an MTU that the interface does not carry`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.interface = "sealane0\n  mtu: 1441"
            try a.configure(settings)
            let check = try #require(try await examine(a).report.checks.first { $0.name == "listen-address" })
            #expect(check.outcome == .warning)
            #expect(
                check.observed
                    == "10.77.0.1 is on eth0, whose MTU lets packets of 1440 bytes through; agent.mtu is 1441")
        }

        @Test func `doctor prints one line for each check and exits with 1 on a problem`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.listen = "10.77.0.99:7325"
            settings.instance = "{type: t3.micro, region: us-east-1, vpc: vpc-0a}"
            try a.configure(settings)
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.status == 1)
            let lines = doctor.output.split(separator: "\n")
            #expect(lines.count == 13, "\(doctor)")
            #expect(lines.contains { $0.hasPrefix("ok       configuration") })
            let listen = try #require(lines.first { $0.contains("listen-address") })
            #expect(listen.hasPrefix("problem"))
            #expect(listen.contains("10.77.0.99 is not an address of this host"))
            #expect(listen.contains("10.77.0.1"))
            #expect(lines.contains { $0.hasPrefix("problem  instance-type") })
        }
    }
}
