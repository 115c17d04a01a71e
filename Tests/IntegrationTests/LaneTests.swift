import Foundation
import NetworkLab
import SealaneAgent
import Testing

extension Integration {
    @Suite("Lanes") struct LaneTests {
        @Test("keep the order of each of many flows, and all of them carry some", arguments: [(2, 3), (3, 2)])
        func order(ofA: Int, ofB: Int) async throws {
            let (a, b) = try await eligiblePair(more: "lanes: {count: \(ofA)}", moreOfB: "lanes: \(ofB)")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            let flows = try await NumberedFlows.run(
                from: a, "10.78.0.1", to: b, "10.78.0.2", flowCount: 32, datagramCount: 2000)
            #expect(flows.alteredCount == 0)
            #expect(flows.disorderedCount == 0)
            #expect(flows.receivedCount > 32 * 2000 * 99 / 100)
            try await eventually("every lane of the sender has sent, and its counterpart received") {
                let sent = try await a.statusReport().perLane.map(\.datagramsSent)
                let received = try await b.statusReport().perLane.map(\.datagramsReceived)
                // The sender's lane n talks to lane n modulo their number.
                return sent.count == ofA && received.count == ofB && sent.allSatisfy { $0 > 500 }
                    && received.prefix(ofA).allSatisfy { $0 > 500 }
            }
            let ports = try await b.statusReport().perLane.map(\.port)
            #expect(ports == (0..<UInt16(ofB)).map { 7325 + $0 })
            #expect(try await a.peerReport("host2").session?.laneCount == ofB)

            let stream = try await IPerf.run(from: a, to: b, at: "10.78.0.2", "-P", "8", "-t", "1")
            #expect(stream.bitsPerSecond > 10e6)
            let back = try await IPerf.run(from: b, to: a, at: "fd78::1", "-P", "8", "-t", "1")
            #expect(back.bitsPerSecond > 10e6)
            for host in [a, b] {
                let counters = try await host.statusReport().counters
                for name in ["unexpected-lane", "unexpected-source", "replayed", "not-authentic", "unknown-session"] {
                    #expect(counters[name] == 0, "\(name) at \(host.name)")
                }
            }
        }

        @Test("of different numbers at both ends talk to each other")
        func oneToTwo() async throws {
            let (a, b) = try await eligiblePair(more: "lanes: 1", moreOfB: "lanes: 2")
            for _ in 0..<3 {
                try await a.carryFile(4 << 20, to: b, at: "10.78.0.2")
                try await b.carryFile(4 << 20, to: a, at: "fd78::1")
            }
            #expect(try await a.statusReport().lanes == 1)
            #expect(try await b.statusReport().lanes == 2)
        }

        @Test("may spin, be bound to processors, and encrypt as the configuration says")
        func settings() async throws {
            let (a, b) = try await eligiblePair(
                more: """
                    lanes: {count: 2, spin: on, processors: [0]}
                    crypto: {provider: libsodium, suites: [chacha20-poly1305]}
                    """, moreOfB: "lanes: {count: 1, spin: on}")
            let ping = try await a.run("ping", "-n", "-c", "20", "-i", "0.01", "-W", "5", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            try await a.carryFile(8 << 20, to: b, at: "10.78.0.2")
            let status = try await a.statusReport()
            #expect(status.crypto.provider == "libsodium")
            #expect(status.cipherSuites == ["ChaCha20-Poly1305"])
            for (host, other) in [(a, b), (b, a)] {
                #expect(try await host.peerReport(other.name).session?.suite == "ChaCha20-Poly1305")
            }
            let allowed = try await a.laneThreads().map { thread in
                try String(contentsOfFile: "\(thread)/status", encoding: .utf8).split(separator: "\n")
                    .first { $0.hasPrefix("Cpus_allowed_list:") }
            }
            #expect(allowed == ["Cpus_allowed_list:\t0", "Cpus_allowed_list:\t0"])
        }

        @Test("that may spin do not where that finds nothing: they work no longer than those that may not")
        func spinGivesBack() async throws {
            let (a, b) = try await eligiblePair(more: "lanes: {count: 1, spin: on}", moreOfB: "lanes: 1")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            let (ofA, ofB) = (try await a.laneNanoseconds(), try await b.laneNanoseconds())
            // One way and then the other, so that both lanes do the same; a datagram each millisecond, which is twenty times
            // as long as a lane spins.
            for (sender, receiver, address) in [(a, b, "10.78.0.2"), (b, a, "10.78.0.1")] {
                let flow = try await IPerf.run(
                    from: sender, to: receiver, at: address, "-u", "-b", "1M", "-l", "125", "-t", "2")
                #expect(flow.bitsPerSecond > 0.5e6)
            }
            let spinning = try await a.laneNanoseconds() - ofA
            let sleeping = try await b.laneNanoseconds() - ofB
            #expect(Double(spinning) < 1.6 * Double(sleeping), "\(spinning) ns against \(sleeping) ns")
        }

        @Test("on a processor that is not there end the agent, with its number")
        func noProcessor() async throws {
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

extension Host {
    /// The folder of each lane's thread in /proc.
    fileprivate func laneThreads() async throws -> [Substring] {
        let found = try await run(
            "sh", "-c", "grep -l '^sealane-lane-' /proc/\(running.pid)/task/*/comm | xargs dirname")
        return try found.success.split(separator: "\n")
    }

    /// How long the only lane's thread has worked (proc_pid_schedstat(5): the first number).
    fileprivate func laneNanoseconds() async throws -> UInt64 {
        let thread = try #require(try await laneThreads().first)
        let times = try String(contentsOfFile: "\(thread)/schedstat", encoding: .utf8).split(separator: " ")
        return try #require(times.first.flatMap { UInt64($0) })
    }
}
