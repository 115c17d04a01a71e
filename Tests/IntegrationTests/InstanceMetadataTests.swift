import Foundation
import Glibc
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneEligibility
import TestSupport
import Testing

extension Integration {
    @Suite struct InstanceMetadataTests {
        /// Metadata that makes every host of the network this instance; the interface is that of `host`.
        private static func items(of host: Host, type: String = "c5n.large") -> [String: String] {
            let interface = "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:0\(host.index + 1)"
            return [
                "/latest/meta-data/instance-id": "i-0a",
                "/latest/meta-data/instance-type": type,
                "/latest/meta-data/placement/region": "us-east-1",
                "/latest/meta-data/placement/availability-zone": "us-east-1a",
                "/latest/meta-data/network/interfaces/macs/": "0a:00:00:00:00:0\(host.index + 1)/",
                "\(interface)/local-ipv4s": "10.77.0.\(host.index + 1)",
                "\(interface)/vpc-id": "vpc-0a",
                "\(interface)/subnet-id": "subnet-0a",
                "\(interface)/owner-id": "123456789012",
            ]
        }

        /// Starts a metadata service on `host` itself, at 169.254.169.254.
        private func serve(_ items: [String: String], on host: Host) async throws -> FakeInstanceMetadata {
            let added = try await host.run("ip", "address", "replace", "169.254.169.254/32", "dev", "lo")
            try #require(added.status == 0, "\(added)")
            let listener = try await host.network.within(host.index) { try listeningSocket(0xa9fe_a9fe, 80) }
            return try await FakeInstanceMetadata.start(items, listener: listener)
        }

        /// Two hosts with stopped agents. `instance` is the configured instance of each.
        private func pair(_ instance: String) async throws -> (a: Host, b: Host) {
            let network = try await Network()
            let (a, b) = (try await Host(network, 0), try await Host(network, 1))
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                if host === a { settings.instance = instance }
                settings.peers = [other.peerEntry()]
                try host.configure(settings)
            }
            return (a, b)
        }

        private func isReached(_ host: Host, from other: Host, within seconds: Int) async throws -> Bool {
            try await other.run("ping", "-n", "-c", "1", "-W", "\(seconds)", "10.78.0.\(host.index + 1)").status == 0
        }

        @Test func `metadata supplies facts that are not configured, and both ends become eligible`() async throws {
            let (a, b) = try await pair("{metadata: on}")
            let service = try await serve(Self.items(of: a), on: a)
            try await a.startAgent()
            try await b.startAgent()
            try await eventually("packets arrive: \(try a.log)") { try await isReached(b, from: a, within: 5) }
            let status = try await a.statusReport()
            #expect(status.instance[.vpc] == FactReport(value: "vpc-0a", source: .instanceMetadata))
            #expect(status.instance[.account] == FactReport(value: "123456789012", source: .instanceMetadata))
            #expect(status.instanceMetadata?.readAt != nil)
            #expect(try await a.sealane("status").output.contains("read "))
            #expect(try await b.statusReport().instanceMetadata == nil)
            await service.stop()
        }

        @Test func `metadata that contradicts the configuration blocks the agent until it agrees`() async throws {
            let (a, b) = try await pair("{metadata: on, id: i-0a}")
            let service = try await serve(Self.items(of: a), on: a)
            try await a.startAgent()
            try await b.startAgent()
            try await eventually("packets arrive: \(try a.log)") { try await isReached(b, from: a, within: 5) }

            service["/latest/meta-data/instance-id"] = "i-0b"
            #expect(try await a.sealane("reload").status == 0)
            let report = try await a.peerReport(b.name)
            #expect(report.state == .refused)
            #expect(report.verdict.reasons.map(\.code) == [.identityMismatch])
            #expect(report.verdict.reasons.first?.observed == "local id i-0a")
            #expect(report.verdict.reasons.first?.required == "id i-0b")
            #expect(try await !isReached(b, from: a, within: 3))
            #expect(try await !isReached(a, from: b, within: 3))
            // The other end gets the reason, sealed, once its own session went unanswered for too long.
            try await eventually(within: .seconds(60), "b asks for a new session: \(try b.log)") {
                _ = try await b.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.1")
                return try await b.peerReport(a.name).refusedByPeer?.map(\.code) == [.identityMismatch]
            }
            #expect(try a.log.contains("identity-mismatch: local id i-0a"))
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.status == 1, "\(doctor)")
            #expect(doctor.output.contains("identity-mismatch: local id i-0a; required: id i-0b"), "\(doctor)")

            service["/latest/meta-data/instance-id"] = "i-0a"
            #expect(try await a.sealane("reload").status == 0)
            try await eventually("packets arrive: \(try a.log)") { try await isReached(b, from: a, within: 5) }
            await service.stop()
        }

        @Test func `an agent that requires metadata waits for it`() async throws {
            let (a, b) = try await pair("{metadata: on, type: c5n.large, region: us-east-1, vpc: vpc-0a}")
            try await a.startAgent()
            try await b.startAgent()
            #expect(try await !isReached(b, from: a, within: 3))
            let reason = try #require(try await a.peerReport(b.name).verdict.reasons.first)
            #expect(reason.code == .factsUnknown)
            #expect(reason.observed.contains("PUT http://169.254.169.254/latest/api/token"))
            #expect(reason.observed.contains("Network is unreachable (ENETUNREACH)"))
            #expect(try await a.statusReport().instanceMetadata?.problem == reason.observed)
            let service = try await serve(Self.items(of: a), on: a)
            // The agent asks again by itself.
            try await eventually(within: .seconds(70), "the agent asks again: \(try a.log)") {
                try await a.peerReport(b.name).verdict.reasons.isEmpty
            }
            try await eventually("packets arrive: \(try a.log)") { try await isReached(b, from: a, within: 5) }
            await service.stop()
        }

        @Test func `without a metadata service the configured facts stay in force if it is optional`() async throws {
            let (a, b) = try await pair(
                "{metadata: auto, metadata-endpoint: \"169.254.169.254:80\", type: c5n.large, region: us-east-1, vpc: vpc-0a}"
            )
            try await a.startAgent()
            try await b.startAgent()
            try await eventually("packets arrive: \(try a.log)") { try await isReached(b, from: a, within: 5) }
            #expect(try await a.statusReport().instance[.instanceType]?.source == .stated)
            #expect(try a.log.contains("stated facts count"))
        }

        @Test func `metadata requests ignore proxies in the environment`() async throws {
            let (a, _) = try await pair("{metadata: on}")
            let service = try await serve(Self.items(of: a), on: a)
            let proxy = "http://127.0.0.1:9"
            try await eventually("the agent reaches the service") {
                let doctor = try await a.run(
                    "env", "http_proxy=\(proxy)", "HTTP_PROXY=\(proxy)", "all_proxy=\(proxy)",
                    Host.programs.appending(path: "sealane").path, "doctor", "--json", "--config", a.configurationPath)
                let report = try ReportSchema.decode(DoctorReport.self, from: Array(doctor.output.utf8))
                return report.checks.first { $0.name == "instance-metadata" }?.outcome == .ok
            }
            #expect(!service.requests.isEmpty)
            await service.stop()
        }

        @Test func `metadata with a hop limit of 1 fails behind a router, and doctor says so`() async throws {
            let network = try await Network(mtus: [1500, 1500, 1500])
            let (service, router, client) = (
                try await Host(network, 0), try await Host(network, 1), try await Host(network, 2)
            )
            var settings = client.defaults
            settings.instance = "{metadata: on}"
            try client.configure(settings)
            let metadata = try await serve(Self.items(of: client), on: service)
            metadata.limitTokens(toHops: 1)
            func check() async throws -> DoctorReport.Check {
                try await client.doctorCheck("instance-metadata")
            }
            func must(_ host: Host, _ arguments: String...) async throws {
                _ = try await host.run(arguments).success
            }
            try await must(client, "ip", "route", "add", "169.254.169.254/32", "via", "10.77.0.1")
            // The command waits two seconds, which may be too short on a busy machine.
            try await eventually("the agent reaches the service") { try await check().outcome == .ok }

            try await must(
                router, "sh", "-ec", "cd /proc/sys/net/ipv4; echo 1 >ip_forward; echo 0 >conf/all/send_redirects")
            try await must(router, "ip", "route", "add", "169.254.169.254/32", "via", "10.77.0.1")
            try await must(client, "ip", "route", "replace", "169.254.169.254/32", "via", "10.77.0.2")
            try await must(service, "ip", "route", "add", "10.77.0.3/32", "via", "10.77.0.2")
            let routed = try await check()
            #expect(routed.outcome == .problem)
            #expect(routed.observed.contains("PUT http://169.254.169.254/latest/api/token"), "\(routed)")
            #expect(routed.observed.contains("no complete response within 2 s"), "\(routed)")
            #expect(routed.observed.contains("hop limit"), "\(routed)")

            metadata.limitTokens(toHops: 2)
            // The command waits two seconds, which may be too short on a busy machine.
            try await eventually("the agent reaches the service") { try await check().outcome == .ok }
            await metadata.stop()
        }
    }
}

/// - Parameter address: IPv4, in host byte order.
private func listeningSocket(_ address: UInt32, _ port: UInt16) throws -> CInt {
    let number = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = in_addr_t(address).bigEndian
    name.sin_port = port.bigEndian
    let isListening = withUnsafePointer(to: name) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(number, 16) == 0
        }
    }
    guard isListening else {
        let why = errno
        close(number)
        throw Failure("no listening socket: errno \(why)")
    }
    return number
}
