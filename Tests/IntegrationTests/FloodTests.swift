import Foundation
import NetworkLab
import SealaneTunnel
import Testing

extension Integration {
    @Suite struct FloodTests {
        @Test func `60 s of random datagrams neither crash nor grow the agent, and each kind is counted`() async throws
        {
            let (a, b) = try await eligiblePair()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            // Sizes below every header, of handshake messages, and of data.
            var floods = try [7, 148, 1472].map { size in
                try a.start(
                    "timeout", "60", "socat", "-u", "-b", "\(size)", "/dev/urandom", "UDP-SENDTO:10.77.0.2:7325")
            }
            // Also random, but with the first four bytes of each kind of datagram.
            for (type, size) in [(1, 700), (2, 400), (3, 64), (4, 1400)] {
                let blocks = (0..<1000).map { _ in
                    [UInt8(type), 0, 0, 0] + (4..<size).map { _ in UInt8.random(in: 0...255) }
                }
                let path = a.network.directory.path("flood-\(type)")
                try Data(blocks.joined()).write(to: URL(filePath: path))
                let send = "while :; do socat -u -b \(size) FILE:\(path) UDP-SENDTO:10.77.0.2:7325; done"
                floods.append(try a.start("timeout", "60", "sh", "-c", send))
            }
            // What a flood fills once is not growth: the queue of handshakes, at most 2048 of at most 1400 bytes.
            try await Task.sleep(for: .seconds(20))
            let before = try b.running.residentByteCount
            for flood in floods { _ = await flood.status(within: .seconds(70)) }
            let after = try b.running.residentByteCount
            #expect(after - before < 4 << 20, "grew from \(before) to \(after) bytes")
            #expect(try b.running.isRunning)
            let counters = try await b.statusReport().counters
            let names = [
                "datagram-truncated", "unknown-message-type", "unsupported-version", "unknown-session",
                "handshake-not-authentic", "handshake-unexpected",
            ]
            for name in names {
                #expect(counters[name, default: 0] > 0, "\(name): \(counters)")
            }
            let total = counters.values.reduce(0, +)
            print("random datagrams handled: \(total)")
            #expect(total > 1000)
            let ping = try await a.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
        }

        /// Handshake messages of somebody who knows B's public key but is not a peer.
        private func messages(_ kind: UInt8, to key: PublicKey) -> [[UInt8]] {
            (0..<UInt32(1000)).map { number in
                let noise = (0..<120).map { _ in UInt8.random(in: 0...255) }
                var datagram =
                    kind == 1
                    ? HandshakeMessage.initiationHead(sender: SessionIndex(number + 1), noise: noise)
                    : HandshakeMessage.responseHead(
                        sender: SessionIndex(number + 1), receiver: SessionIndex(.random(in: 1 ... .max))) + noise
                HandshakeMAC.append(to: &datagram, receiver: key, cookie: nil)
                return datagram
            }
        }

        private static let handshakeCount =
            ProcessInfo.processInfo.environment["SEALANE_FLOOD_HANDSHAKES"].flatMap { Int($0) } ?? 10

        @Test(arguments: [(1, 1), (2, 1), (1, 250), (2, 250)] as [(UInt8, Int)])
        func `a flood of handshake messages does not block peers`(kind: UInt8, sourceCount: Int) async throws {
            let (a, b) = try await eligiblePair(more: "session: {rekey-after: 2s}")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "10", "10.78.0.2").status == 0)
            // B has a route to all sources and accepts their datagrams.
            #expect(try await b.run("ip", "route", "add", "198.18.0.0/16", "via", "10.77.0.1").status == 0)
            let flood = ForgedFlood(
                from: a, to: ("10.77.0.2", 7325), sourceCount: sourceCount,
                messages(kind, to: try #require(PublicKey(b.publicKey))))
            let ping = try a.start("ping", "-n", "-i", "0.2", "10.78.0.2")
            let before = try #require(try await a.peerReport("host2").session).rekeys
            let clock = ContinuousClock()
            var slowest = Duration.zero
            for number in 1...Self.handshakeCount {
                let start = clock.now
                try await eventually(within: .seconds(60), "the peers have a new session") {
                    try await a.peerReport("host2").session.map { $0.rekeys >= before + UInt64(number) } ?? false
                }
                slowest = max(slowest, clock.now - start - .seconds(2))
            }
            ping.send(SIGINT)
            let sent = try await flood.stop()
            let counters = try await b.statusReport().counters.filter { $0.value > 0 }
            print("\(Self.handshakeCount) handshakes, the slowest took \(slowest), \(sent) datagrams sent: \(counters)")
            let counted = kind == 1 ? "handshake-limited" : "handshake-unexpected"
            #expect(counters[counted, default: 0] > 1000)
        }
    }
}
