import Foundation
import NetworkLab
import SealaneControl
import SealaneEligibility
import SealaneFleet
import TestSupport
import Testing

extension Integration {
    @Suite struct RouteTests {
        /// A topology of two instances in their own subnets whose packets to each other take `target`.
        private func topology(_ target: String, takenAt: Date = Date()) -> String {
            """
            schemaVersion: 1
            takenAt: \(takenAt.formatted(.iso8601))
            vpcs: [{id: vpc-0a, region: us-east-1, cidrs: [10.77.0.0/24]}]
            subnets:
              - {id: subnet-1, vpc: vpc-0a, cidrs: [10.77.0.0/31]}
              - {id: subnet-2, vpc: vpc-0a, cidrs: [10.77.0.2/31]}
            routeTables:
              - id: rtb-1
                vpc: vpc-0a
                associations: [{main: true}]
                routes:
                  - {destination: 10.77.0.0/24, target: local}
                  - {destination: 10.77.0.2/31, target: \(target)}
            interfaces:
              - {id: eni-1, vpc: vpc-0a, subnet: subnet-1, addresses: [10.77.0.1], instance: i-1}
              - {id: eni-2, vpc: vpc-0a, subnet: subnet-2, addresses: [10.77.0.2], instance: i-2}
            """
        }

        private func hosts(_ topology: String, more: String = "") async throws -> (network: Network, a: Host, b: Host) {
            let network = try await Network()
            let path = try network.directory.write(topology, to: "topology.yaml")
            let hosts = [try await Host(network, 0), try await Host(network, 1)]
            for (host, other) in [(hosts[0], hosts[1]), (hosts[1], hosts[0])] {
                var settings = host.defaults
                settings.instance = "{id: i-\(host.index + 1), type: c5n.large, region: us-east-1, vpc: vpc-0a}"
                settings.more = "topology: {file: \(path)\(more)}"
                settings.peers = [other.peerEntry(endpoint: "10.77.0.\(other.index + 1):7325")]
                try host.configure(settings)
            }
            for host in hosts { try await host.startAgent() }
            return (network, hosts[0], hosts[1])
        }

        private func pings(_ host: Host) async throws -> Bool {
            try await host.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2").status == 0
        }

        private func routes(_ host: Host, _ peer: Host) async throws -> WitnessReport {
            try #require(try await host.peerReport(peer.name).path.last)
        }

        @Test func `a transit gateway in a new snapshot ends the session until a reload without it`() async throws {
            let (network, a, b) = try await hosts(topology("local"))
            try await eventually(within: .seconds(10), "packets arrive") { try await pings(a) }
            let clear = try await routes(a, b)
            #expect(clear.finding == .clear)
            #expect(clear.policy == .require)
            #expect(clear.observed?.contains("by local, in rtb-1 (main)") == true, "\(clear)")

            try network.directory.write(topology("tgw-0f"), to: "topology.yaml")
            #expect(try await a.sealane("reload").output.contains("topology"))
            try await eventually(within: .seconds(10), "the session ends") {
                try await a.peerReport(b.name).state == .refused
            }
            #expect(try await !pings(a))
            let check = try await a.sealane("peer", "check", b.name)
            #expect(check.status == 3)
            #expect(check.output.contains("path-device") && check.output.contains("tgw-0f"), "\(check)")
            #expect(try await routes(a, b).objections.first?.code == .pathDevice)
            let logged = try a.log.split(separator: "\n").filter { $0.contains("reason=path-device") }
            #expect(!logged.isEmpty && logged.allSatisfy { !$0.contains("10.77.") }, "\(logged)")
            // The other end's snapshot has not changed: it learns the reason from its peer.
            try await eventually(within: .seconds(20), "the peer has the reason") {
                _ = try await pings(a)
                return try await b.peerReport(a.name).refusedByPeer?.contains { $0.code == .pathDevice } == true
            }

            try network.directory.write(topology("local"), to: "topology.yaml")
            #expect(try await a.sealane("reload").status == 0)
            try await eventually(within: .seconds(30), "packets arrive again") { try await pings(a) }
        }

        @Test func `a peer that the routes refuse is refused, not idle, before any packet`() async throws {
            let (_, a, b) = try await hosts(topology("tgw-0f"))
            let report = try await a.peerReport(b.name)
            #expect(report.state == .refused && report.session == nil, "\(report.state)")
            #expect(report.verdict.reasons.map(\.code) == [.pathDevice], "\(report.verdict)")
            #expect(try await a.sealane("status").output.contains("1: 1 refused\n"))
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.output.contains("\(b.name) is refused: path-device"), "\(doctor)")
        }

        @Test func `a snapshot that becomes too old ends the session with path-unknown`() async throws {
            // A minute is the least age. Start with a fresh snapshot, then replace it by one with ten seconds left.
            let (network, a, b) = try await hosts(topology("local"), more: ", maximum-age: 1m")
            try await eventually("packets arrive") { try await pings(a) }
            try network.directory.write(topology("local", takenAt: Date() - 50), to: "topology.yaml")
            #expect(try await a.sealane("reload").status == 0)
            try await eventually(within: .seconds(30), "the session ends") {
                try await a.peerReport(b.name).state == .refused
            }
            let check = try await a.sealane("peer", "check", b.name)
            #expect(check.status == 3)
            #expect(check.output.contains("path-unknown"), "\(check)")
            #expect(try a.log.contains("topology is too old"))
            #expect(try await !pings(a))
        }

        @Test func `a snapshot that cannot be read changes nothing`() async throws {
            let (network, a, b) = try await hosts(topology("local"))
            try await eventually(within: .seconds(10), "packets arrive") { try await pings(a) }
            try network.directory.write("schemaVersion: 1\ntakenAt: yesterday\n", to: "topology.yaml")
            let reload = try await a.sealane("reload")
            #expect(reload.status != 0)
            #expect(reload.output.contains(".yaml:2:10:") && reload.output.contains("yesterday"), "\(reload)")
            #expect(try await a.peerReport(b.name).state == .established)
            try await eventually("packets still arrive") { try await pings(a) }
        }
    }
}
