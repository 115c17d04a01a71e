import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import TestSupport
import Testing

extension Integration {
    @Suite struct NetworkChangeTests {
        private func repairs(_ host: Host) async throws -> [String: UInt64] {
            try await host.statusReport().repairs ?? [:]
        }

        @Test(arguments: [
            ("ip route flush dev sealane0", "routes"),
            ("ip -6 route flush dev sealane0", "routes"),
            ("ip address flush dev sealane0", "addresses"),
            ("ip -6 address flush dev sealane0 scope global", "addresses"),
            ("ip link set sealane0 down", "link"),
            ("ip link set sealane0 down; ip link set sealane0 up", "routes"),
            ("ip link set sealane0 mtu 1300", "mtu"),
            ("ip route flush type prohibit", "floor"),
            ("ip route replace 10.78.0.2/32 via 10.77.0.2 && sleep 0.2", "routes"),
        ])
        func `the agent restores its device within milliseconds, and nothing leaves in the clear`(
            harm: String, kind: String
        ) async throws {
            let (a, b) = try await FloorTests.hosts()
            for host in [a, b] { try await host.startAgent() }
            try await a.mustCarry(to: "10.78.0.2")
            try await a.mustCarry(to: "fd78::2")
            // The kernel owns link-local addresses.
            func addresses() async throws -> [Substring] {
                try await a.run("ip", "-br", "address", "show", "sealane0").output.split(separator: " ")
                    .filter { $0.contains("/") && !$0.hasPrefix("fe80:") }
            }
            let before = try await addresses()
            try #require(before.count == 2)
            let traffic = OverlayTraffic(from: a, to: FloorTests.destinations)
            let isTakenOver = harm.contains("replace")
            let capture = try await ClearCapture(on: a)
            _ = try await a.run("sh", "-c", harm).success
            try await eventually("the agent restores and counts it") { try await repairs(a)[kind, default: 0] > 0 }
            try await a.mustCarry(to: "10.78.0.2")
            try await a.mustCarry(to: "fd78::2")
            try await eventually("all addresses are back") {
                try await addresses() == before
            }
            try await traffic.stop()
            let packets = try await capture.packets()
            // A foreign route may carry packets until the watch removes it.
            let limit = isTakenOver ? 50 : 0
            #expect(packets.count <= limit, "\(packets.count): \(packets.prefix(9).joined(separator: "\n"))")
            let logged = try a.log.split(separator: "\n").filter { $0.contains("restored") }
            #expect(logged.contains { $0.contains(kind) } && logged.allSatisfy { !$0.contains("10.78.") }, "\(logged)")
            #expect(try await a.sealane("status").output.contains("restored"))
            let metrics = try await a.run(
                "curl", "-sS", "--unix-socket", a.controlSocket, "http://localhost/metrics")
            #expect(!metrics.output.contains("sealane_repairs_total{what=\"\(kind)\"} 0"), "\(metrics)")
            #expect(metrics.output.contains("sealane_repairs_total{what=\"\(kind)\"}"))
        }

        @Test func `a program that fights over the routes fills neither the log nor a core`() async throws {
            let (a, b) = try await FloorTests.hosts()
            for host in [a, b] { try await host.startAgent() }
            try await a.mustCarry(to: "10.78.0.2")
            let capture = try await ClearCapture(on: a)
            let traffic = OverlayTraffic(from: a, to: FloorTests.destinations)
            func processorTicks() throws -> Int {
                let text = try String(
                    contentsOfFile: "/proc/\(a.running.pid)/task/\(controlThread())/stat", encoding: .utf8)
                let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
                return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
            }
            func controlThread() throws -> String {
                let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(a.running.pid)/task")
                return try #require(
                    try tasks.first {
                        try String(contentsOfFile: "/proc/\(a.running.pid)/task/\($0)/comm", encoding: .utf8)
                            .hasPrefix("sealane-control")
                    })
            }
            let before = try processorTicks()
            let fight = try await a.run(
                "sh", "-c", "n=0; while [ $n -lt 1500 ]; do ip route flush dev sealane0; n=$((n+1)); done")
            #expect(fight.status == 0)
            try await traffic.stop()
            #expect(try await capture.packets().isEmpty)
            let ticks = try processorTicks() - before
            #expect(ticks < 200, "\(ticks) hundredths of a second of the control thread")
            let logged = try a.log.split(separator: "\n").filter { $0.contains("restored") }
            #expect((1...40).contains(logged.count), "\(logged.count) lines")
            #expect(logged.contains { $0.contains("keeps changing") && $0.contains("at-most-every") })
            try await a.mustCarry(to: "10.78.0.2")
        }

        @Test func `a reload restores addresses and routes, and doctor reports what is missing`() async throws {
            let (a, b) = try await FloorTests.hosts()
            for host in [a, b] { try await host.startAgent() }
            try await a.mustCarry(to: "10.78.0.2")
            func checks() async throws -> [String: DoctorReport.Check] {
                Dictionary(try await a.doctorChecks().map { ($0.name, $0) }) { first, _ in first }
            }
            let sound = try await checks()
            for name in ["floor", "tunnel-interface", "tunnel-routes", "listen-address"] {
                #expect(sound[name]?.outcome == .ok, "\(name): \(sound[name].map { "\($0)" } ?? "absent")")
            }
            #expect(sound["rival-routes"] == nil)

            // A stopped agent restores nothing.
            try a.running.send(SIGSTOP)
            _ = try await a.run("sh", "-c", "ip address flush dev sealane0; ip route flush type prohibit").success
            _ = try await a.run("ip", "route", "add", "10.90.2.64/26", "via", "10.77.0.2").success
            let sick = try await a.sealane("doctor", "--json", "--config", a.configurationPath)
            try a.running.send(SIGCONT)
            #expect(sick.output.contains("10.90.2.64/26 by eth0"), "\(sick)")
            try await eventually("the agent has restored everything") {
                try await checks()["tunnel-interface"]?.outcome == .ok
            }
            let rival = try await checks()
            #expect(rival["floor"]?.outcome == .ok && rival["rival-routes"]?.outcome == .warning)
            _ = try await a.run("ip", "route", "delete", "10.90.2.64/26").success
            _ = try await a.run("ip", "rule", "add", "to", "10.78.0.2", "lookup", "7325").success
            _ = try await a.run("ip", "route", "add", "default", "via", "10.77.0.2", "table", "7325").success
            _ = try await a.run("ip", "rule", "add", "from", "10.77.0.1", "to", "10.90.0.0/16", "lookup", "7325")
                .success
            let diverted = try await checks()
            #expect(diverted["tunnel-routes"]?.outcome == .problem, "a rule takes them")
            let logged = diverted["tunnel-routes"]?.observed ?? ""
            #expect(logged.contains("10.78.0.2/32 by eth0"), "\(logged)")
            #expect(logged.contains("10.90.2.0/24 by eth0, if sent from 10.77.0.1"), "\(logged)")
        }

        @Test func `moving the device to another network namespace ends the agent and keeps the routes`() async throws {
            let (a, _) = try await FloorTests.hosts()
            try await a.startAgent()
            let holder = try a.start("unshare", "--net", "sleep", "60")
            // Until `unshare` has made its namespace, the process is in ours and the device stays.
            try await eventually("the device is in another namespace") {
                _ = try await a.run("ip", "link", "set", "sealane0", "netns", "\(holder.pid)").status
                return try await a.run("ip", "link", "show", "sealane0").status != 0
            }
            let program = try a.running
            try await eventually("the agent ends") { !program.isRunning }
            #expect(await program.status() == 1)
            let log = try a.log
            #expect(log.contains("moved to another network namespace"), "\(log)")
            #expect(try await a.run("ip", "route", "get", "10.78.0.2").output.contains("Permission denied"))
        }
    }
}
