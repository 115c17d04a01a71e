import Foundation
import NetworkLab
import Testing

extension Integration {
    @Suite struct TunnelTests {
        @Test(arguments: [false, true])
        func `the tunnel carries IPv4 and IPv6 over either`(overIPv6: Bool) async throws {
            let (a, b) = try await eligiblePair(overIPv6: overIPv6)
            for address in ["10.78.0.2", "fd78::2"] {
                let ping = try await a.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "60", address)
                #expect(ping.status == 0, "\(ping)")
                let stream = try await IPerf.run(from: a, to: b, at: address, "-t", "1")
                #expect(stream.receivedByteCount > 65_536)
            }
            let mtu = try await a.run("cat", "/sys/class/net/sealane0/mtu").output
            #expect(mtu == (overIPv6 ? "1420\n" : "1440\n"))
            let peer = try await a.peerReport("host2")
            #expect(peer.state == .established)
            #expect(peer.traffic.sentBytes > 1 << 17)
            #expect(try await b.peerReport("host1").traffic.receivedPackets > 100)
        }

        @Test func `only sealed datagrams are on the wire`() async throws {
            let (a, b) = try await eligiblePair()
            let capture = try b.start(
                "tcpdump", "-i", "eth0", "-U", "-w", b.network.directory.path("wire"), "ip and not igmp")
            try await eventually("the capture runs") { capture.output.contains("listening on") }
            let text = String(repeating: "known plaintext ", count: 20)
            let pattern = text.utf8.prefix(16).map { String(format: "%02x", $0) }.joined()
            let ping = try await a.run("ping", "-n", "-c", "5", "-i", "0.2", "-s", "600", "-p", pattern, "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            try await eventually("the capture holds the pings") {
                try Data(contentsOf: URL(filePath: b.network.directory.path("wire"))).count > 10 * 600
            }
            capture.send(SIGTERM)
            _ = await capture.status()
            let wire = try Data(contentsOf: URL(filePath: b.network.directory.path("wire")))
            #expect(wire.range(of: Data("known plaintext ".utf8)) == nil)
            let foreign = try await b.run("tcpdump", "-n", "-r", b.network.directory.path("wire"), "not udp port 7325")
            #expect(!foreign.output.contains("IP "), "\(foreign)")
        }

        @Test func `the peer's address answers packets that are too big with the right size`() async throws {
            let (a, _) = try await eligiblePair(mtus: [1500, 1400])
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            // Use another destination for each, so that a cached MTU of one does not help the other.
            let four = try await a.run("ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", "1380", "10.78.0.2")
            #expect(four.output.contains("From 10.78.0.2"), "\(four)")
            #expect(four.output.contains("mtu = 1340"), "\(four)")
            let six = try await a.run("ping", "-n", "-c", "1", "-W", "2", "-M", "do", "-s", "1370", "fd78::2")
            #expect(six.output.contains("From fd78::2"), "\(six)")
            #expect(six.output.contains("mtu=1340") || six.output.contains("mtu = 1340"), "\(six)")
            let report = try await a.peerReport("host2")
            #expect(report.mtu == 1340)
            #expect(report.counters["packet-too-big"] == 2)
        }

        @Test func `the tunnel carries jumbo frames over a jumbo underlay`() async throws {
            let (a, _) = try await eligiblePair(mtus: [9001, 9001])
            let ping = try await a.run(
                "ping", "-n", "-c", "2", "-i", "0.2", "-W", "60", "-M", "do", "-s", "8913", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
        }

        @Test func `the tunnel is at least as fast as wireguard-go with one TCP stream`() async throws {
            let (a, b) = try await eligiblePair()
            // The network keeps the programs running.
            _ = try await WireGuard(on: a.network, mtu: 1440)
            var ours: [Double] = []
            var theirs: [Double] = []
            for _ in 0..<3 {
                theirs.append(
                    try await IPerf.run(from: a, to: b, at: WireGuard.address(of: 1), "-t", "2").bitsPerSecond)
                ours.append(try await IPerf.run(from: a, to: b, at: "10.78.0.2", "-t", "2").bitsPerSecond)
            }
            ours.sort()
            theirs.sort()
            print("TCP, 1 stream: Sealane \(ours[1] / 1e9) Gbit/s, wireguard-go \(theirs[1] / 1e9) Gbit/s")
            #expect(ours[1] >= theirs[1])
        }
    }
}
