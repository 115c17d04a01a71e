import Foundation
import SealaneAgent
import Testing

extension Integration {
    @Suite("Hostile datagrams") struct FloodTests {
        @Test("60 s of random datagrams at full speed: no crash, no growth, traffic goes on, each kind is counted")
        func random() async throws {
            let (a, b) = try await eligiblePair()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            // Sizes below every header, of every handshake message, of data, and beyond what an MTU carries.
            let floods = try [7, 90, 148, 700, 1472].map { size in
                try a.start(
                    "timeout", "60", "socat", "-u", "-b", "\(size)", "/dev/urandom", "UDP-SENDTO:10.77.0.2:7325")
            }
            // What a first flood takes once, buffers of the kernel and of the allocator, is no growth.
            try await Task.sleep(for: .seconds(10))
            let before = try b.running.residentByteCount
            for flood in floods { _ = await flood.status(within: .seconds(70)) }
            let after = try b.running.residentByteCount
            #expect(after - before < 2 << 20, "grew from \(before) to \(after) bytes")
            #expect(try b.running.isRunning)
            let counters = try await b.statusReport().counters
            for name in ["datagram-truncated", "unknown-message-type", "unsupported-version", "unknown-session"] {
                #expect(counters[name, default: 0] > 0, "\(name): \(counters)")
            }
            let total = counters.values.reduce(0, +)
            print("random datagrams handled: \(total)")
            #expect(total > 100_000)
            let ping = try await a.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
        }
    }
}
