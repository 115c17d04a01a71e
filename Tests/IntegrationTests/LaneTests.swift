import Foundation
import NetworkLab
import Testing

extension Integration {
    @Suite struct LaneTests {
        @Test(arguments: [(2, 3), (3, 2)])
        func `lanes keep the order of each flow, and every lane carries some flows`(ofA: Int, ofB: Int) async throws {
            let (a, b) = try await eligiblePair(more: "lanes: {count: \(ofA)}", moreOfB: "lanes: \(ofB)")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let flows = try await NumberedFlows.run(
                from: a, "10.78.0.1", to: b, "10.78.0.2", flowCount: 32, datagramCount: 2000)
            #expect(flows.alteredCount == 0)
            #expect(flows.disorderedCount == 0)
            #expect(flows.receivedCount > 32 * 2000 * 99 / 100)
            try await eventually("every lane of the sender has sent, and its counterpart received") {
                let sent = try await a.statusReport().perLane.map(\.datagramsSent)
                let received = try await b.statusReport().perLane.map(\.datagramsReceived)
                // Lane n of the sender talks to lane n modulo the other number.
                return sent.count == ofA && received.count == ofB && sent.allSatisfy { $0 > 500 }
                    && received.prefix(ofA).allSatisfy { $0 > 500 }
            }
            let ports = try await b.statusReport().perLane.map(\.port)
            #expect(ports == (0..<UInt16(ofB)).map { 7325 + $0 })
            #expect(try await a.peerReport("host2").session?.laneCount == ofB)

            let stream = try await IPerf.run(from: a, to: b, at: "10.78.0.2", "-P", "8", "-t", "1")
            #expect(stream.receivedByteCount > 0)
            let back = try await IPerf.run(from: b, to: a, at: "fd78::1", "-P", "8", "-t", "1")
            #expect(back.receivedByteCount > 0)
            for host in [a, b] {
                let counters = try await host.statusReport().counters
                for name in ["unexpected-lane", "unexpected-source", "replayed", "not-authentic", "unknown-session"] {
                    #expect(counters[name] == 0, "\(name) at \(host.name)")
                }
            }
        }

        @Test func `hosts with different numbers of lanes talk to each other`() async throws {
            let (a, b) = try await eligiblePair(more: "lanes: 1", moreOfB: "lanes: 2")
            for _ in 0..<3 {
                try await a.carryFile(4 << 20, to: b, at: "10.78.0.2")
                try await b.carryFile(4 << 20, to: a, at: "fd78::1")
            }
            #expect(try await a.statusReport().lanes == 1)
            #expect(try await b.statusReport().lanes == 2)
        }

        @Test func `lanes spin, use processors and encrypt as configured`() async throws {
            let (a, b) = try await eligiblePair(
                more: """
                    lanes: {count: 2, spin: on, processors: [0]}
                    crypto: {provider: libsodium, suites: [chacha20-poly1305]}
                    """, moreOfB: "lanes: {count: 1, spin: on}")
            let ping = try await a.run("ping", "-n", "-c", "20", "-i", "0.01", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            try await a.carryFile(8 << 20, to: b, at: "10.78.0.2")
            let status = try await a.statusReport()
            #expect(status.crypto.provider == "libsodium")
            #expect(status.cipherSuites == ["ChaCha20-Poly1305"])
            for (host, other) in [(a, b), (b, a)] {
                #expect(try await host.peerReport(other.name).session?.suite == "ChaCha20-Poly1305")
            }
            let threads = try await a.run(
                "sh", "-c", "grep -l '^sealane-lane-' /proc/\(try a.running.pid)/task/*/comm | xargs dirname")
            let allowed = try threads.success.split(separator: "\n").map { thread in
                try String(contentsOfFile: "\(thread)/status", encoding: .utf8).split(separator: "\n")
                    .first { $0.hasPrefix("Cpus_allowed_list:") }
            }
            #expect(allowed == ["Cpus_allowed_list:\t0", "Cpus_allowed_list:\t0"])
        }

        @Test func `a lane on a missing processor ends the agent with the number`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "lanes: {processors: [1000]}"
            try a.configure(settings)
            let ended = try await a.runAgent()
            #expect(ended.status == 1, "\(ended)")
            #expect(ended.output.contains("processor 1000"), "\(ended)")
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
        }
    }
}
