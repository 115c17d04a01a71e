import Foundation
import NetworkLab
import SealaneAgent
import Testing

extension Integration {
    @Suite("Sessions that come and go under traffic") struct RotationTests {
        private static let quickRekeys = "session: {rekey-after: 2s}"

        @Test("1 GiB arrives unaltered while sessions are replaced every 2 s and the network loses 1 %")
        func gibibyte() async throws {
            let (a, b) = try await eligiblePair(more: Self.quickRekeys)
            for host in [a, b] { try await lose1Percent(on: host) }
            let source = a.network.directory.path("sent")
            let written = try await a.run("sh", "-c", "head -c 1073741824 /dev/urandom | tee \(source) | sha256sum")
            let receiver = try b.start("sh", "-c", "socat -u TCP-LISTEN:5400,bind=10.78.0.2 STDOUT | sha256sum")
            try await b.waitForListener(on: 5400)
            let sent = try await a.run(within: .seconds(240), ["socat", "-u", "FILE:\(source)", "TCP:10.78.0.2:5400"])
            #expect(sent.status == 0, "\(sent)")
            #expect(await receiver.status(within: .seconds(30)) == 0)
            #expect(receiver.output == written.output)
            let session = try #require(try await a.peerReport("host2").session)
            #expect(session.rekeys >= 2)
            let dropped = try await a.run("nft", "list", "chain", "inet", "weather", "input").output
            #expect(!dropped.contains("packets 0 bytes"), "\(dropped)")
            try FileManager.default.removeItem(atPath: source)
        }

        @Test("no packet is lost to the replacement itself")
        func counted() async throws {
            let (a, b) = try await eligiblePair(more: Self.quickRekeys)
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            let stream = try await IPerf.run(
                from: a, to: b, at: "10.78.0.2", "-u", "-b", "20M", "-l", "1200", "-t", "11")
            #expect(stream.packets > 20_000)
            #expect(stream.lostPackets == 0)
            #expect(try #require(try await a.peerReport("host2").session).rekeys >= 3)
        }

        @Test("a transfer goes on within 5 s when an agent is killed and started again", arguments: [0, 1])
        func killed(index: Int) async throws {
            let (a, b) = try await eligiblePair()
            let victim = index == 0 ? a : b
            async let transfer = IPerf.run(from: a, to: b, at: "10.78.0.2", "-t", "14", "-i", "0.5")
            try await eventually("the transfer runs") {
                try await b.peerReport("host1").traffic.receivedBytes > 1 << 20
            }
            try await victim.killAgent()
            let routes = try await victim.run("ip", "route", "show", "dev", "sealane0").output
            #expect(!routes.isEmpty, "packets for peers would leave in the clear")
            try await victim.startAgent()
            let measured = try await transfer
            var silence = 0.0
            var longest = 0.0
            for interval in measured.intervals {
                silence = interval.bitsPerSecond > 1e6 ? 0 : silence + interval.seconds
                longest = max(longest, silence)
            }
            #expect(longest < 5)
            #expect(try #require(measured.intervals.last).bitsPerSecond > 1e6)
        }

        private func lose1Percent(on host: Host) async throws {
            let rules = """
                nft add table inet weather
                nft add chain inet weather input '{ type filter hook input priority 0; }'
                nft add rule inet weather input udp dport 7325 numgen random mod 100 == 0 counter drop
                """
            let done = try await host.run("sh", "-ec", rules)
            try #require(done.status == 0, "\(done)")
        }
    }
}
