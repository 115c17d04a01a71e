import Foundation
import NetworkLab
import SealaneAgent
import Testing

extension Integration {
    @Suite("Hostile datagrams") struct FloodTests {
        @Test("60 s of random datagrams at full speed: no crash, no growth, traffic goes on, each kind is counted")
        func random() async throws {
            let (a, b) = try await eligiblePair()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            // Sizes below every header, of handshake messages, of data.
            var floods = try [7, 148, 1472].map { size in
                try a.start(
                    "timeout", "60", "socat", "-u", "-b", "\(size)", "/dev/urandom", "UDP-SENDTO:10.77.0.2:7325")
            }
            // Random as well, but with the first four bytes of each kind of datagram.
            for (type, size) in [(1, 700), (2, 400), (3, 64), (4, 1400)] {
                let blocks = (0..<1000).map { _ in
                    [UInt8(type), 0, 0, 0] + (4..<size).map { _ in UInt8.random(in: 0...255) }
                }
                let path = a.network.directory.path("flood-\(type)")
                try Data(blocks.joined()).write(to: URL(filePath: path))
                let send = "while :; do socat -u -b \(size) FILE:\(path) UDP-SENDTO:10.77.0.2:7325; done"
                floods.append(try a.start("timeout", "60", "sh", "-c", send))
            }
            // What a flood takes once is no growth: the queue of handshakes, at most 2048 of at most 1400 bytes.
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
    }
}
