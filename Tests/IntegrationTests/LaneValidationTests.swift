import Foundation
import NetworkLab
import SealaneControl
import Testing

/// A firewall in front of a host that blocks the ports of all lanes but the first.
private enum Firewall {
    static func drop(_ host: Host) async throws {
        try await load(
            """
            table inet firewall {
              chain input { type filter hook input priority filter; udp dport 7326-7400 drop; }
            }
            """, on: host)
    }

    static func open(_ host: Host) async throws {
        try await load("table inet firewall {}\ndelete table inet firewall\n", on: host)
    }

    private static func load(_ rules: String, on host: Host) async throws {
        let path = try host.network.directory.write(rules + "\n", to: "firewall-\(UUID().uuidString)")
        _ = try await host.network.run(host.index, "nft", "-f", path).success
    }
}

extension PeerReport {
    fileprivate var laneStates: [Lane.State] { session?.lanes.map(\.state) ?? [] }
}

extension Integration {
    @Suite struct LaneValidationTests {
        @Test(arguments: [true, false])
        func `blocked lanes lose no flow, and reports name the ports to open`(isOneWay: Bool) async throws {
            let (a, b) = try await eligiblePair(more: "lanes: 4")
            try await Firewall.drop(b)
            if !isOneWay { try await Firewall.drop(a) }
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            let flows = try await NumberedFlows.run(
                from: a, "10.78.0.1", to: b, "10.78.0.2", flowCount: 32, datagramCount: 1000)
            #expect(flows.alteredCount == 0)
            #expect(flows.disorderedCount == 0)
            #expect(flows.receivedCount > 32 * 1000 * 99 / 100)
            for (host, other) in [(a, b), (b, a)] {
                try await eventually(within: .seconds(20), "\(host.name) knows which lanes do not answer") {
                    try await host.peerReport(other.name).laneStates == [.inUse, .silent, .silent, .silent]
                }
                #expect(
                    try await host.peerReport(other.name).session?.lanes.map(\.peerPort) == [7325, 7326, 7327, 7328])
                for shown in [
                    try await host.sealane("status").output, try await host.sealane("peer", "show", other.name).output,
                ] {
                    #expect(shown.contains("lanes 1-3 do not answer") && shown.contains("7326-7328"), "\(shown)")
                }
                let lines = try host.log.split(separator: "\n").filter { $0.contains("lanes carry no packets") }
                #expect(lines.last?.contains("7326-7328") == true, "\(lines)")
                #expect(lines.count <= 3, "\(lines)")
            }
            let metrics = try await a.run("curl", "-s", "--unix-socket", a.controlSocket, "http://localhost/metrics")
            #expect(metrics.output.contains("sealane_peer_lanes{state=\"silent\"} 3"), "\(metrics)")
            let program = Host.programs.appending(path: "sealane").path
            let doctor = try await a.run([program, "doctor", "--config", a.configurationPath])
            #expect(doctor.output.contains("lanes 1-3 do not answer"), "\(doctor)")

            for host in [a, b] { try await Firewall.open(host) }
            let traffic = try a.start("ping", "-n", "-i", "0.2", "10.78.0.2")
            defer { traffic.send(SIGKILL) }
            for (host, other) in [(a, b), (b, a)] {
                try await eventually(within: .seconds(60), "\(host.name) uses its lanes again") {
                    try await host.peerReport(other.name).laneStates == [.inUse, .inUse, .inUse, .inUse]
                }
                #expect(!(try await host.sealane("status").output.contains("do not answer")))
            }
        }

        @Test func `flows neither stall for long nor reset while lanes come and go under TCP load`() async throws {
            let (a, b) = try await eligiblePair(more: "lanes: 4")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            async let load = IPerf.run(from: a, to: b, at: "10.78.0.2", "-P", "8", "-t", "24", "-i", "1")
            for round in 0..<2 {
                try await eventually("all lanes carry packets") {
                    try await a.peerReport(b.name).laneStates.allSatisfy { $0 == .inUse }
                }
                try await Firewall.drop(round == 0 ? b : a)
                try await eventually(within: .seconds(8), "hosts stop using the lanes") {
                    try await a.peerReport(b.name).laneStates.contains(.silent)
                }
                try await Firewall.open(round == 0 ? b : a)
                try await eventually(within: .seconds(40), "hosts use the lanes again") {
                    try await a.peerReport(b.name).laneStates.allSatisfy { $0 == .inUse }
                }
            }
            let result = try await load
            #expect(result.intervals.count >= 23)
            let stalls = result.intervals.map { $0.bitsPerSecond < 1e6 }
            let longest = stalls.split(separator: false).map(\.count).max() ?? 0
            #expect(longest <= 3, "\(result.intervals.map { Int($0.bitsPerSecond / 1e6) })")
        }

        @Test func `lanes that come and go keep the order of every flow`() async throws {
            let (a, b) = try await eligiblePair(more: "lanes: 4")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            async let flows = NumberedFlows.run(
                from: a, "10.78.0.1", to: b, "10.78.0.2", flowCount: 16, datagramCount: 30_000)
            try await Firewall.drop(b)
            try await eventually(within: .seconds(20), "hosts stop using the lanes") {
                try await a.peerReport(b.name).laneStates.contains(.silent)
            }
            try await Firewall.open(b)
            try await eventually(within: .seconds(60), "hosts use the lanes again") {
                try await a.peerReport(b.name).laneStates.allSatisfy { $0 == .inUse }
            }
            let result = try await flows
            #expect(result.alteredCount == 0)
            #expect(result.disorderedCount == 0)
            #expect(result.receivedCount > 16 * 30_000 / 2)
        }
    }
}
