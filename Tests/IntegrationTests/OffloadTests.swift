import Foundation
import NetworkLab
import SealaneControl
import SealaneDataplane
import SealaneLinux
import Testing

extension Integration {
    @Suite struct OffloadTests {
        private static let allOff =
            "offload: {checksum: off, tso4: off, tso6: off, uso: off, gso: off, gro: off}"

        /// Sends files both ways over both families, and UDP no faster than it arrives, so that nothing may be lost.
        private func carryAll(_ a: Host, _ b: Host, byteCount: Int = 8 << 20) async throws {
            for address in ["10.78.0.2", "fd78::2"] { try await a.carryFile(byteCount, to: b, at: address) }
            for address in ["10.78.0.1", "fd78::1"] { try await b.carryFile(byteCount, to: a, at: address) }
            for (source, destination) in [("10.78.0.1", "10.78.0.2"), ("fd78::1", "fd78::2")] {
                try await expectNoLoss(a, source, b, destination)
            }
        }

        private func expectNoLoss(_ a: Host, _ source: String, _ b: Host, _ destination: String) async throws {
            let flows = try await NumberedFlows.run(
                from: a, source, to: b, destination, flowCount: 4, datagramCount: 1000)
            #expect(flows.receivedCount == 4 * 1000, "\(destination)")
            #expect(flows.alteredCount == 0, "\(destination)")
        }

        /// Expects none of the drops that a healthy network never causes.
        private func expectNoDamage(_ hosts: Host...) async throws {
            for host in hosts {
                let counters = try await host.statusReport().counters
                for name in [
                    "not-authentic", "malformed-packet", "malformed-local-packet", "replayed", "interface-full",
                    "unexpected-lane", "unexpected-source", "datagram-oversized", "address-not-owned",
                ] {
                    #expect(counters[name] == 0, "\(name) at \(host.name)")
                }
            }
        }

        private func offloads(of host: Host) async throws -> [String: StatusReport.OffloadStatus] {
            let all = try await host.statusReport().offloads
            #expect(all.map(\.name) == Offload.allCases.map(\.rawValue))
            #expect(all.allSatisfy { $0.on == ($0.reason == nil) })
            return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
        }

        @Test(arguments: [[true, true], [true, false], [false, true]])
        func `any combination of offloads at both ends carries the same data`(areOff: [Bool]) async throws {
            let (a, b) = try await eligiblePair(
                more: areOff[0] ? Self.allOff : "", moreOfB: areOff[1] ? Self.allOff : "")
            try await carryAll(a, b)
            try await expectNoDamage(a, b)
            for (host, isOff) in zip([a, b], areOff) {
                for offload in try await offloads(of: host).values {
                    #expect(offload.setting == (isOff ? "off" : "auto"))
                    if isOff { #expect(offload.reason == "the configuration says off") }
                }
                guard isOff, let lane = try await host.statusReport().perLane.first else { continue }
                #expect(lane.superPacketsRead == 0)
                #expect(lane.datagramsReceived == lane.messagesReceived)
                #expect(lane.packetsWritten == lane.writes)
            }
        }

        @Test(arguments: [false, true])
        func `super-packets of both families travel over either family`(overIPv6: Bool) async throws {
            let (a, b) = try await eligiblePair(
                overIPv6: overIPv6, more: "offload: {checksum: on, tso4: on, tso6: on, gso: on, gro: on}")
            for (name, offload) in try await offloads(of: a) where name != "uso" {
                #expect(offload.setting == "on" && offload.on, "\(name)")
            }
            for address in ["10.78.0.2", "fd78::2"] {
                let before = try #require(try await a.statusReport().perLane.first)
                let count = before.superPacketsRead
                try await a.carryFile(16 << 20, to: b, at: address)
                try await eventually("the lane counts its super-packets") {
                    // Each is at most 64 KiB.
                    try await a.statusReport().perLane.allSatisfy { $0.superPacketsRead >= count + 200 }
                }
            }
            let sender = try #require(try await a.statusReport().perLane.first)
            let receiver = try #require(try await b.statusReport().perLane.first)
            #expect(sender.datagramsSent > 4 * sender.messagesSent)
            #expect(receiver.packetsWritten > 4 * receiver.writes)
            try await expectNoDamage(a, b)
        }

        @Test(arguments: ["tx-udp-segmentation", "tx-checksum-ip-generic", "sg", "gso"])
        func `the agent goes on when the network card stops offloading`(feature: String) async throws {
            let (a, b) = try await eligiblePair()
            try await a.carryFile(1 << 20, to: b, at: "10.78.0.2")
            for host in [a, b] {
                let changed = try await host.run("ethtool", "-K", "eth0", feature, "off")
                try #require(changed.status == 0, "\(changed)")
            }
            try await a.carryFile(8 << 20, to: b, at: "10.78.0.2")
            try await b.carryFile(8 << 20, to: a, at: "fd78::1")
            try await expectNoLoss(a, "10.78.0.1", b, "10.78.0.2")
            // Kernels differ in whether they then refuse runs. If this one does, the offload has a reason.
            if let reason = try await offloads(of: a)["gso"]?.reason {
                #expect(reason.contains("in use until refused"))
            }
            try await expectNoDamage(a, b)
        }

        @Test func `traffic to other peers goes on while one peer's route is a blackhole`() async throws {
            let network = try await Network(mtus: [1500, 1500, 1500])
            var hosts: [Host] = []
            for index in 0..<3 { hosts.append(try await Host(network, index)) }
            for host in hosts {
                var settings = host.defaults
                settings.peers = hosts.filter { $0 !== host }.map { $0.peerEntry() }
                try host.configure(settings)
                try await host.startAgent()
            }
            let (a, b) = (hosts[0], hosts[1])
            for address in ["10.78.0.2", "10.78.0.3"] {
                #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", address).status == 0)
            }
            // Send to both peers, so that their runs share batches.
            let server = try hosts[2].start("iperf3", "-s", "-B", "10.78.0.3")
            try await eventually("iperf3 listens") {
                try await hosts[2].run("ss", "-Hltn", "sport = :5201").output.contains(":5201")
            }
            let load = try a.start("iperf3", "-u", "-c", "10.78.0.3", "-b", "100M", "-l", "1372", "-t", "30")
            defer { for program in [load, server] { program.send(SIGKILL) } }
            async let stream = IPerf.run(from: a, to: b, at: "10.78.0.2", "-t", "4")
            try await eventually("both peers receive") {
                for host in hosts.dropFirst() where try await host.statusReport().traffic.receivedPackets < 1000 {
                    return false
                }
                return true
            }
            _ = try await a.run("ip", "route", "add", "blackhole", "10.77.0.3/32").success
            try await eventually("datagrams to the one peer fail") {
                try await a.statusReport().counters["send-failed"] ?? 0 > 100
            }
            _ = try await stream
            #expect(try await offloads(of: a)["gso"]?.on == true)
            let log = try a.log
            #expect(!log.contains("offload lost"), "\(log)")
            _ = try await a.run("ip", "route", "del", "blackhole", "10.77.0.3/32").success
            try await eventually(within: .seconds(20), "packets arrive again") {
                try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.3").status == 0
            }
        }

        @Test func `a required offload that the host lacks ends the agent with the reason`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "offload: {checksum: off, tso6: on}"
            try a.configure(settings)
            let ended = try await a.runAgent()
            #expect(ended.status == 1, "\(ended)")
            #expect(ended.output.contains("offload.tso6 is on but does not work here: needs checksum"), "\(ended)")
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
        }

        @Test func `the overlay MTU follows the underlay, and super-packets fit the smaller end`() async throws {
            for (mtus, overlays, reached) in [
                ([9001, 9001], ["8941\n", "8941\n"], 8941), ([9001, 1500], ["8941\n", "1440\n"], 1440),
            ] {
                let (a, b) = try await eligiblePair(mtus: mtus)
                for (host, overlay) in zip([a, b], overlays) {
                    #expect(try await host.run("cat", "/sys/class/net/sealane0/mtu").output == overlay)
                }
                for address in ["10.78.0.2", "fd78::2"] { try await a.carryFile(8 << 20, to: b, at: address) }
                try await b.carryFile(8 << 20, to: a, at: "10.78.0.1")
                #expect(try await a.peerReport("host2").mtu == reached)
                try await expectNoDamage(a, b)
            }
        }

        // MARK: Congestion marks

        @Test func `congestion marks pass from inner to outer and back, or the packet is dropped`() async throws {
            let (a, b) = try await eligiblePair()
            func ping(_ trafficClass: Int, _ address: String) async throws -> Outcome {
                try await a.run(
                    "ping", "-n", "-c", "2", "-i", "0.2", "-W", trafficClass == 0 ? "1" : "60", "-Q", "\(trafficClass)",
                    address)
            }
            func watch(_ interface: String, _ filter: String) async throws -> Program {
                let capture = try b.start("tcpdump", "-n", "-l", "-i", interface, "-c", "2", filter)
                try await eventually("the capture runs") { capture.output.contains("listening on") }
                return capture
            }
            #expect(try await ping(0, "10.78.0.2").status == 0)
            let outer = try await watch("eth0", "udp dst port 7325 and src 10.77.0.1 and ip[1] = 2")
            #expect(try await ping(0xBA, "10.78.0.2").status == 0)
            #expect(await outer.status(within: .seconds(5)) == 0, "\(outer.output)")

            let rules = """
                nft add table inet router
                nft add chain inet router wire '{ type filter hook prerouting priority mangle; }'
                nft add rule inet router wire udp dport 7325 ip ecn set ce
                """
            let done = try await b.run("sh", "-ec", rules)
            try #require(done.status == 0, "\(done)")
            for (address, filter) in [
                ("10.78.0.2", "icmp[0] = 8 and ip[1] = 0xbb"),
                // Version 6 and the traffic class. The flow label follows, which the kernel chooses (RFC 8200).
                ("fd78::2", "icmp6 and ip6[0:2] & 0xfff0 = 0x6bb0"),
            ] {
                let inner = try await watch("sealane0", filter)
                #expect(try await ping(0xBA, address).status == 0)
                #expect(await inner.status(within: .seconds(5)) == 0, "\(inner.output)")
            }
            #expect(try await b.statusReport().counters["congestion-experienced"] == 0)
            for address in ["10.78.0.2", "fd78::2"] { #expect(try await ping(0, address).status == 1) }
            try await eventually("both pings of each family are counted") {
                try await b.statusReport().counters["congestion-experienced"] == 4
            }
        }
    }
}
