import Foundation
import Glibc
import NetworkLab
import SealaneLinux
import Testing
import TestSupport

extension Integration {
    @Suite struct QueueTests {
        /// The part of `ip`'s output about the device.
        private struct Device: Decodable {
            struct Statistics: Decodable {
                struct Sent: Decodable {
                    let dropped: Int
                }
                let tx: Sent
            }
            let txqlen: Int
            let stats64: Statistics
        }

        private func device(of host: Host) async throws -> Device {
            let output = try await host.run("ip", "-s", "-j", "link", "show", "sealane0").success
            return try #require(try JSONDecoder().decode([Device].self, from: Data(output.utf8)).first)
        }

        // A burst is as long as the window of one TCP connection. It arrives as single packets if the kernel cannot
        // keep its segments joined: forwarded from elsewhere, or inside VXLAN.
        @Test(arguments: [1, 2])
        func `the queue keeps a burst of 2,000 packets that arrives while the agent is stopped`(lanes: Int) async throws
        {
            let (a, _) = try await eligiblePair(more: "lanes: \(lanes)")
            try await a.mustCarry(to: "10.78.0.2")
            let before = try await (device: device(of: a), sent: a.statusReport().traffic.sentPackets)
            let agent = try a.running
            agent.send(SIGSTOP)
            defer { agent.send(SIGCONT) }
            try await a.network.within(a.index) {
                let socket = try UDPSocket.bind(to: address("10.78.0.1"))
                let payload = [UInt8](repeating: 7, count: 1200)
                var batch = SendBatch(capacity: 1, forIPv6Socket: false)
                for _ in 0..<2000 {
                    let outcome = try payload.withUnsafeBytes { bytes in
                        batch.append(bytes, to: try address("10.78.0.2", 9))
                        return batch.flush(to: socket)
                    }
                    batch.removeAll()
                    guard outcome.sent == 1 else { throw Failure("a datagram was not sent: \(outcome)") }
                }
            }
            try #require(try await device(of: a).stats64.tx.dropped == before.device.stats64.tx.dropped)
            agent.send(SIGCONT)
            try await eventually("the agent has sent all packets of the burst") {
                try await a.statusReport().traffic.sentPackets >= before.sent + 2000
            }
        }

        @Test func `a device that an earlier agent left has the queue length too`() async throws {
            let (a, _) = try await eligiblePair()
            let length = try await device(of: a).txqlen
            #expect(length > 2000)
            try await a.killAgent()
            _ = try await a.run("ip", "link", "set", "sealane0", "txqueuelen", "500").success
            #expect(try await device(of: a).txqlen == 500)
            try await a.startAgent()
            #expect(try await device(of: a).txqlen == length)
        }
    }
}
