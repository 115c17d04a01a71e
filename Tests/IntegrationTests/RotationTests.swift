import Foundation
import NetworkLab
import Testing

extension Integration {
    @Suite struct RotationTests {
        private static let quickRekeys = "session: {rekey-after: 2s}"

        @Test func `1 GiB arrives intact over replaced sessions and 1 % loss`() async throws {
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

        @Test func `replacing a session loses no packet`() async throws {
            let (a, b) = try await eligiblePair(more: Self.quickRekeys)
            let streams = [
                try await PingPong(from: a, to: "10.78.0.2"), try await PingPong(from: b, to: "fd78::1"),
            ]
            try await eventually("the session has been replaced three times") {
                try await a.peerReport("host2").session.map { $0.rekeys >= 3 } ?? false
            }
            for stream in streams {
                let count = try await stream.stop()
                #expect(count.sent > 1000 && count.lost == 0, "\(count)")
            }
        }

        @Test(arguments: [0, 1])
        func `a transfer survives a killed and restarted agent`(index: Int) async throws {
            let (a, b) = try await eligiblePair()
            let victim = index == 0 ? a : b
            let received = b.network.directory.path("received")
            let receiver = try b.start("socat", "-u", "TCP-LISTEN:5400,bind=10.78.0.2", "CREATE:\(received)")
            try await b.waitForListener(on: 5400)
            // Send in steps, so that the file stays small.
            let sender = try a.start(
                "sh", "-c", "while head -c 20000 /dev/zero; do sleep 0.02; done | socat -u STDIN TCP:10.78.0.2:5400")
            func byteCount() throws -> Int {
                try FileManager.default.attributesOfItem(atPath: received)[.size] as? Int ?? 0
            }
            try await eventually("the transfer runs: \(receiver.output)\(sender.output)") {
                try FileManager.default.fileExists(atPath: received) && byteCount() > 1 << 18
            }
            try await victim.killAgent()
            let routes = try await victim.run("ip", "route", "show", "dev", "sealane0").output
            #expect(!routes.isEmpty, "packets for peers would leave in the clear")
            let before = try byteCount()
            try await victim.startAgent()
            let begin = ContinuousClock.now
            try await eventually("the transfer goes on") { try byteCount() > before + 1 << 18 }
            print("a transfer went on \(ContinuousClock.now - begin) after the agent was back")
            #expect(sender.isRunning && receiver.isRunning, "\(sender.output)\(receiver.output)")
            sender.send(SIGKILL)
            receiver.send(SIGKILL)
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
