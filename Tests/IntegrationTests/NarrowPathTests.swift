import Foundation
import NetworkLab
import Testing

/// Rules for a router that hides a narrow link: it clears the don't-fragment bit and fragments.
private let clearDF = """
    table ip clear {
      chain in {
        type filter hook prerouting priority mangle;
        ip protocol udp ip frag-off & 0x1fff == 0 ip frag-off set 0;
      }
    }

    """

extension Integration {
    @Suite struct NarrowPathTests {
        @Test(arguments: [1300, 600])
        func `a router that fragments gives path-mtu-reduced, and no packet passes`(mtu: Int) async throws {
            let middle = try await Middle.router(filter: clearDF + Middle.restoreTTL) {
                for interface in ["eth0", "eth1"] {
                    _ = try await $0.run(2, "ip", "link", "set", interface, "mtu", "\(mtu)").success
                }
            }
            try await middle.expectRefused(.pathMTUReduced)
            let ping = try await middle.pings(10, within: 1)
            #expect(ping.output.contains("10 packets transmitted, 0 received"), "\(ping)")
            var observed: [String] = []
            for (host, other) in [(middle.a, middle.b), (middle.b, middle.a)] {
                observed += try await host.peerReport(other.name).verdict.reasons.map(\.observed)
            }
            #expect(observed.contains { $0.contains("fragments of") }, "\(observed)")
        }

        @Test func `a router that starts to fragment ends the session until it stops`() async throws {
            let middle = try await Middle.router()
            try await middle.expectEligible()
            let traffic = try middle.a.start("ping", "-n", "-i", "0.2", "-s", "1400", "10.78.0.2")
            defer { traffic.send(SIGKILL) }
            try await Middle.load(clearDF + Middle.restoreTTL, on: 2, of: middle.network)
            _ = try await middle.network.run(2, "ip", "link", "set", "eth1", "mtu", "1300").success
            try await eventually(within: .seconds(5), "the session ends") {
                try await middle.codes(at: middle.b).contains(.pathMTUReduced)
            }
            _ = try await middle.network.run(2, "ip", "link", "set", "eth1", "mtu", "1500").success
            try await eventually(within: .seconds(40), "packets arrive again") {
                try await middle.pings(1, within: 1).status == 0
            }
            try await middle.expectEligible()
        }

        @Test func `with a warning only, packets keep to the size that the path carries whole`() async throws {
            let middle = try await Middle.router(
                filter: clearDF + Middle.restoreTTL, more: "policy: {path: {mtu: warn}}"
            ) {
                _ = try await $0.run(2, "ip", "link", "set", "eth1", "mtu", "1300").success
            }
            let ping = try await middle.a.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "10", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            #expect(try await middle.a.peerReport(middle.b.name).mtu == 1240)
        }

        @Test func `with a warning only, a too long packet is fragmented if it allows that`() async throws {
            let middle = try await Middle.router(more: "policy: {path: {mtu: warn}}") {
                for interface in ["eth0", "eth1"] {
                    _ = try await $0.run(2, "ip", "link", "set", interface, "mtu", "1400").success
                }
            }
            func ping(_ fragmentation: String, _ host: Host, _ address: String) async throws -> Outcome {
                try await host.run(
                    "ping", "-n", "-c", "5", "-i", "0.2", "-W", "10", "-s", "1400", "-M", fragmentation, address)
            }
            // The very first packets, in each direction.
            for (host, address) in [(middle.a, "10.78.0.2"), (middle.b, "10.78.0.1")] {
                let ping = try await ping("dont", host, address)
                #expect(ping.output.contains(" 5 received"), "\(ping)")
            }
            for (host, other) in [(middle.a, middle.b), (middle.b, middle.a)] {
                #expect(try await host.peerReport(other.name).mtu == 1340)
                #expect(try await host.statusReport().counters["packet-too-big"] == 0)
            }
            let forbidden = try await ping("do", middle.a, "10.78.0.2")
            #expect(forbidden.output.contains("mtu = 1340") || forbidden.output.contains("mtu=1340"), "\(forbidden)")
        }

        @Test func `a rewritten port of one lane ends the session until the rewriting stops`() async throws {
            let middle = try await Middle.router(more: "lanes: 4")
            try await middle.expectEligible()
            let traffic = try middle.a.start("ping", "-n", "-i", "0.2", "10.78.0.2")
            defer { traffic.send(SIGKILL) }
            try await Middle.load(
                Middle.restoreTTL
                    + """

                    table ip rewrite {
                      chain out {
                        type filter hook postrouting priority mangle;
                        oifname "eth1" udp sport 7326 udp sport set 40000;
                      }
                    }
                    """, on: 2, of: middle.network)
            try await eventually(within: .seconds(20), "the session ends") {
                try await middle.codes(at: middle.b).contains(.pathTranslated)
            }
            let before = try Self.established(middle.b)
            let ping = try await middle.pings(25, within: 1)
            #expect(ping.output.contains(" 0 received"), "\(ping)")
            #expect(try Self.established(middle.b) == before)
            try await Middle.load(Middle.restoreTTL, on: 2, of: middle.network)
            try await eventually(within: .seconds(60), "packets arrive again") {
                try await middle.pings(1, within: 1).status == 0
            }
        }

        private static func established(_ host: Host) throws -> Int {
            try host.log.split(separator: "\n").count { $0.contains("session established") }
        }

        /// A bandwidth limit, given by the commands that set it up. `DEVICE` stands for the device of the host.
        struct Limit: Sendable, CustomTestStringConvertible {
            let testDescription: String
            /// Rules on the receiving host; nil for none.
            var rules: String?
            /// The queue on the sending host.
            var queue: [String]?

            static func policer(kilobytes: Int) -> Limit {
                Limit(
                    testDescription: "policer of \(kilobytes) kbyte/s",
                    rules: """
                        table inet police {
                          chain input {
                            type filter hook input priority filter;
                            udp dport 7325 limit rate over \(kilobytes) kbytes/second burst 3 kbytes drop;
                          }
                        }
                        """)
            }

            static func queue(megabits: Int, burst: String, limit: String) -> Limit {
                Limit(
                    testDescription: "queue of \(megabits) Mbit/s",
                    queue: ["tbf", "rate", "\(megabits)mbit", "burst", burst, "limit", limit])
            }
        }

        @Test(
            arguments: [
                Limit.policer(kilobytes: 200), .queue(megabits: 2, burst: "4kb", limit: "6kb"),
                .queue(megabits: 16, burst: "4kb", limit: "20kb"),
            ], [100, 1372])
        func `a full policer or queue does not give path-mtu-reduced`(_ limit: Limit, byteCount: Int) async throws {
            // Datagrams travel alone, as on a wire.
            let (a, b) = try await eligiblePair(more: "offload: {gso: off}")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            let rate = limit.testDescription.contains("16") ? "30M" : "6M"
            let server = try b.start("iperf3", "-s", "-B", "10.78.0.2")
            try await eventually("iperf3 listens") {
                try await b.run("ss", "-Hltn", "sport = :5201").output.contains(":5201")
            }
            let load = try a.start("iperf3", "-u", "-c", "10.78.0.2", "-b", rate, "-l", "\(byteCount)", "-t", "60")
            defer { for program in [load, server] { program.send(SIGKILL) } }
            try await eventually("the load is there") { try await a.statusReport().traffic.sentPackets > 1000 }
            if let queue = limit.queue {
                _ = try await a.run(["tc", "qdisc", "add", "dev", "eth0", "root"] + queue).success
            }
            if let rules = limit.rules {
                let path = try b.network.directory.write(rules + "\n", to: "police")
                _ = try await b.run("nft", "-f", path).success
            }
            let clock = ContinuousClock()
            let end = clock.now + .seconds(25)
            while clock.now < end {
                for (host, other) in [(a, b), (b, a)] {
                    let report = try await host.peerReport(other.name)
                    #expect(report.state == .established, "\(report.verdict)")
                    #expect(report.mtu == 1440)
                }
                try await Task.sleep(for: .seconds(1))
            }
            for host in [a, b] { #expect(!(try host.log.contains("path-mtu-reduced"))) }
        }
    }
}
