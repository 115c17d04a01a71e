import Foundation
import NetworkLab
import Testing

extension Integration {
    @Suite struct MetricsTests {
        private static let listen = "metrics: {listen: 10.77.0.1:9325}"

        /// Scrapes the series of `host`, keyed by name and labels as written.
        private func scrape(_ host: Host, _ place: String...) async throws -> [String: Double] {
            let text = try await host.run(["curl", "-sS", "--fail", "--max-time", "300"] + place).success
            let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            return Dictionary(
                uniqueKeysWithValues: lines.compactMap { line in
                    line.lastIndex(of: " ").map { (String(line[..<$0]), Double(line[$0...].dropFirst()) ?? .nan) }
                })
        }

        private func scrapeSocket(of host: Host) async throws -> [String: Double] {
            try await scrape(host, "--unix-socket", host.controlSocket, "http://localhost/metrics")
        }

        @Test func `the control socket and the metrics address count the same traffic`() async throws {
            let (a, b) = try await eligiblePair(more: Self.listen, moreOfB: "metrics: {listen: '[fd78::2]:9325'}")
            #expect(try await a.run("ping", "-n", "-c", "5", "-i", "0.2", "-W", "60", "10.78.0.2").status == 0)
            let own = try await scrapeSocket(of: a)
            // From the other host, over the underlay.
            let served = try await scrape(b, "http://10.77.0.1:9325/metrics")
            for name in ["sealane_sent_packets_total", "sealane_received_packets_total"] {
                let count = try #require(own[name])
                #expect(count >= 5, "\(own)")
                #expect(try #require(served[name]) >= count)
            }
            #expect(own["sealane_peers{state=\"established\"}"] == 1)
            #expect(own["sealane_handshakes_total{result=\"established\"}"] == 1)
            // The first packet waited for the session and left alone.
            #expect(try #require(own["sealane_lane_datagrams_sent_total{lane=\"0\"}"]) >= 4, "\(own)")
            #expect(try #require(own["process_resident_memory_bytes"]) > 1_048_576)
            #expect(try #require(own["process_cpu_seconds_total"]) > 0)
            // Through the tunnel, at an address that exists only while the agent runs.
            let through = try await scrape(a, "-g", "http://[fd78::2]:9325/metrics")
            #expect(through["sealane_peers{state=\"established\"}"] == 1)
            let outside = try await a.run("curl", "-sS", "-g", "--max-time", "5", "http://[fd77::2]:9325/metrics")
            #expect(outside.status != 0, "\(outside)")
            let other = try await b.run("curl", "-sS", "--fail", "--max-time", "300", "http://10.77.0.1:9325/v1/status")
            #expect(other.status != 0, "\(other)")
        }

        @Test func `no counter decreases when a peer is removed, and refusals are counted by reason`() async throws {
            let (a, b) = try await eligiblePair()
            #expect(try await a.run("ping", "-n", "-c", "5", "-i", "0.2", "-W", "60", "10.78.0.2").status == 0)
            var settings = a.defaults
            settings.peers = [b.peerEntry()]
            settings.more = "policy: {denied-families: [c5n]}"
            try a.configure(settings)
            let before = try await scrapeSocket(of: a)
            #expect(try await a.sealane("reload").status == 0)
            let refused = try await scrapeSocket(of: a)
            #expect(refused["sealane_peers{state=\"refused\"}"] == 1)
            for reason in ["local-type-unsupported", "peer-type-unsupported"] {
                #expect(refused["sealane_refused_peers{by=\"this-host\",reason=\"\(reason)\"}"] == 1)
            }
            settings.peers = []
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 0)
            let after = try await scrapeSocket(of: a)
            #expect(after["sealane_peers{state=\"refused\"}"] == 0)
            for (name, value) in before where name.contains("_total") {
                #expect(try #require(after[name]) >= value, "\(name)")
            }
            #expect(try #require(after["sealane_sent_bytes_total"]) >= 5 * 84)
        }

        @Test func `a port in use ends the agent with status 2, its position and no leftovers`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = Self.listen
            try a.configure(settings)
            let other = try a.start("socat", "TCP-LISTEN:9325,bind=10.77.0.1", "STDOUT")
            try await a.waitForListener(on: 9325)
            let refused = try await a.runAgent()
            #expect(refused.status == 2, "\(refused)")
            let problem = "\(a.configurationPath):9:19: cannot listen on TCP 10.77.0.1:9325"
            #expect(refused.output.contains(problem), "\(refused)")
            #expect(refused.output.contains("EADDRINUSE"), "\(refused)")
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
            #expect(!FileManager.default.fileExists(atPath: a.controlSocket))
            other.send(SIGTERM)
            _ = await other.status()
            try await a.startAgent()
        }

        @Test func `scrapes with 10000 configured peers add less than 1 MiB`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.addresses = "[10.65.255.1/16]"
            settings.more = Self.listen
            settings.peers = (0..<10_000).map { number in
                let key = Data((0..<32).map { $0 < 4 ? UInt8(truncatingIfNeeded: number >> ($0 * 8)) : 1 })
                return """
                      - name: p\(number)
                        endpoint: 10.1.\(number / 250).\(number % 250 + 1):7325
                        public-key: \(key.base64EncodedString())
                        addresses: [10.65.\(number / 250).\(number % 250 + 1)/32]
                        instance: {type: \(number % 2 == 0 ? "m5n.large" : "t3.micro"), region: us-east-1, vpc: vpc-0a}
                    """
            }
            try a.configure(settings)
            // Do not ask for the list of peers, which uses memory itself.
            try await a.startAgent(within: .seconds(60)) { try a.log.contains("sealaned is up") }
            // The first scrape of each kind loads code and buffers that stay in memory.
            _ = try await scrapeSocket(of: a)
            _ = try await scrape(a, "http://10.77.0.1:9325/metrics")
            let before = try a.running.residentByteCount
            for _ in 0..<10 {
                let own = try await scrapeSocket(of: a)
                let served = try await scrape(a, "http://10.77.0.1:9325/metrics")
                for metrics in [own, served] { #expect(metrics["sealane_peers{state=\"refused\"}"] == 5000) }
            }
            let after = try a.running.residentByteCount
            print("resident memory with 10000 peers: \(before >> 10) KiB, after 10 scrapes \(after >> 10) KiB")
            #expect(after - before < 1 << 20, "grew from \(before) to \(after) bytes")
            #expect(after < 96 << 20)
        }
    }
}
