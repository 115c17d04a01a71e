import Foundation
import Glibc
import NetworkLab
import SealaneConsole
import SealaneControl
import TestSupport
import Testing

extension Integration {
    @Suite struct FloorTests {
        static let destinations = ["10.78.0.2", "10.78.0.9", "10.90.2.1", "fd78::2", "fd78::9", "fd90:2::1"]

        /// Two hosts with default routes to each other, so that packets leave in the clear unless another route
        /// prevents it. The agents are not started.
        static func hosts() async throws -> (a: Host, b: Host) {
            let network = try await Network()
            let hosts = [try await Host(network, 0), try await Host(network, 1)]
            for (host, other) in [(hosts[0], hosts[1]), (hosts[1], hosts[0])] {
                var settings = host.defaults
                let number = other.index + 1
                settings.peers = [
                    other.peerEntry(
                        addresses: "[10.78.0.\(number)/32, 10.90.\(number).0/24, \"fd78::\(number)/128\", "
                            + "\"fd90:\(number)::/64\"]")
                ]
                try host.configure(settings)
                _ = try await host.run("ip", "route", "add", "default", "via", "10.77.0.\(number)").success
                _ = try await host.run("ip", "-6", "route", "add", "default", "via", "fd77::\(number)").success
            }
            return (hosts[0], hosts[1])
        }

        @Test func `no packet leaves in the clear before, during or after any end of an agent`() async throws {
            let (a, b) = try await Self.hosts()
            // Start before the first agent, so that these sockets have the cleartext route in their cache.
            let traffic = OverlayTraffic(from: a, to: Self.destinations)
            let before = try await ClearCapture(on: a)
            try await eventually("packets leave in the clear without an agent") { traffic.sentCount > 3000 }
            #expect(try await before.packets().count > 500)

            for host in [a, b] { try await host.startAgent() }
            let captures = [try await ClearCapture(on: a), try await ClearCapture(on: b)]
            for event in RestartEvent.allCases {
                try await event.befall(a)
                try await a.mustCarry(to: "10.78.0.2")
            }
            #expect(traffic.refusedCount(EACCES) > 0)
            try await traffic.stop()
            for capture in captures {
                let packets = try await capture.packets()
                #expect(packets.isEmpty, "\(packets.count): \(packets.prefix(20).joined(separator: "\n"))")
            }
        }

        @Test(arguments: [RestartEvent.portTaken, .keyMissing, .listenAddressGone, .deviceTaken, .metricsPortTaken])
        func `packets to peers are refused after a failed first start`(event: RestartEvent) async throws {
            let (a, _) = try await Self.hosts()
            try await event.fail(a)
            let traffic = OverlayTraffic(from: a, to: Self.destinations)
            let capture = try await ClearCapture(on: a)
            try await eventually("the kernel refuses packets at once") { traffic.refusedCount(EACCES) > 300 }
            try await traffic.stop()
            #expect(traffic.sentCount == 0)
            #expect(try await capture.packets().isEmpty)
        }

        @Test func `after kill -9 packets to peers are refused at once until the next agent starts`() async throws {
            let (a, b) = try await Self.hosts()
            for host in [a, b] { try await host.startAgent() }
            try await a.mustCarry(to: "10.78.0.2")
            try await a.killAgent()
            for address in Self.destinations {
                try await eventually("the kernel refuses packets to \(address)") {
                    try await a.run("ip", "route", "get", address).output.contains("Permission denied")
                }
            }
            try await a.startAgent()
            try await a.mustCarry(to: "10.78.0.2")
            try await a.mustCarry(to: "fd78::2")
        }

        @Test func `removing a peer removes its prohibit routes, also those of an earlier agent`() async throws {
            let (a, b) = try await Self.hosts()
            try await a.startAgent()
            let added = try await a.sealane(
                "peer", "add", "hand", "--endpoint", "10.77.0.9:7325", "--public-key", b.publicKey.swappedKey,
                "--address", "10.90.9.0/24", "--type", "c5n.large", "--region", "us-east-1", "--vpc", "vpc-0a")
            #expect(added.status == 0, "\(added)")
            #expect(try await a.floor().contains("10.90.9.0/24"))
            #expect(try await a.sealane("peer", "remove", "hand").status == 0)
            #expect(try await !a.floor().contains("10.90.9.0/24"))
            #expect(try await a.run("ip", "route", "get", "10.90.9.1").output.contains("via 10.77.0.2"))

            #expect(try await a.stopAgent() == 0)
            var settings = a.defaults
            settings.peers = [b.peerEntry(addresses: "[10.78.0.2/32]")]
            try a.configure(settings)
            #expect(try await a.floor().contains("10.90.2.0/24"))
            try await a.startAgent()
            #expect(try await a.floor() == ["10.78.0.0/24", "10.78.0.2", "fd78::/64"])
        }

        @Test func `packets to a peer without a readable secret are refused`() async throws {
            let (a, b) = try await Self.hosts()
            let secret = try a.network.directory.write(
                Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString(), to: "secret")
            try await a.startAgent()
            let added = try await a.sealane(
                "peer", "add", "hand", "--endpoint", "10.77.0.9:7325", "--public-key", b.publicKey.swappedKey,
                "--address", "10.90.9.0/24", "--preshared-key-file", secret)
            #expect(added.status == 0, "\(added)")
            #expect(try await a.stopAgent() == 0)
            try FileManager.default.removeItem(atPath: secret)
            try await a.startAgent()
            #expect(try a.log.contains("left out"))
            #expect(try await a.run("ip", "route", "get", "10.90.9.1").output.contains("Permission denied"))
        }

        @Test func `the prohibit routes of two agents on one host are separate`() async throws {
            let (a, b) = try await Self.hosts()
            try await a.startAgent()
            #expect(try await a.stopAgent() == 0)
            let before = try await a.floor()
            var settings = b.defaults
            settings.interface = "tunnel1"
            settings.listen = "10.77.0.1:7400"
            settings.peers = [a.peerEntry(addresses: "[10.90.7.0/24]")]
            try b.configure(settings)
            let other = try a.start(Host.programs.appending(path: "sealaned").path, "--config", b.configurationPath)
            try await eventually("the other agent is up") { other.output.contains("sealaned is up") }
            #expect(try await a.floor().isSuperset(of: before.union(["10.90.7.0/24"])))
            other.send(SIGTERM)
            #expect(await other.status(within: .seconds(10)) == 0)
            let down = try await a.sealane("down", "--interface", "tunnel1")
            #expect(down.status == 0, "\(down)")
            #expect(try await a.floor() == before)
        }

        @Test func `sealane down removes everything, says where packets go, and can be repeated`() async throws {
            let (a, b) = try await Self.hosts()
            for host in [a, b] { try await host.startAgent() }
            for arguments in [["--config", a.configurationPath], ["--interface", "sealane0"]] {
                let refused = try await a.sealane(["down"] + arguments)
                #expect(refused.status == 1, "\(refused)")
                #expect(refused.output.contains("an agent runs on sealane0"), "\(refused)")
                #expect(refused.output.contains("stop it first"), "\(refused)")
            }
            try await a.mustCarry(to: "10.78.0.2")
            // The command also removes a device that a crash left behind.
            try await a.killAgent()
            let down = try await a.sealane("down", "--config", a.configurationPath)
            #expect(down.status == 0, "\(down)")
            #expect(down.output.contains("the overlay filter"), "\(down)")
            #expect(down.output.contains("leave in the clear by eth0 via 10.77.0.2"), "\(down)")
            #expect(down.output.contains("leave in the clear by eth0 via fd77::2"), "\(down)")
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
            #expect(try await a.floor().isEmpty)
            let again = try await a.sealane("down", "--config", a.configurationPath, "--json")
            #expect(again.status == 0, "\(again)")
            let report = try ReportSchema.decode(DownReport.self, from: Array(again.output.utf8))
            #expect(!report.deviceRemoved && report.filterRemoved == false && report.prohibitionsRemoved == 0)
            #expect(report.traffic.allSatisfy { $0.outcome == .clear && $0.interface == "eth0" })
            #expect(try await a.sealane("down", "--interface", "sealane0").status == 0)
            #expect(try await a.sealane("down", "--interface", "eth0").status == 1, "no TUN device")
            #expect(try await a.sealane("down", "--interface", "x", "--config", "y").status == 2)
        }
    }
}

extension String {
    /// Changes the public key into another one.
    fileprivate var swappedKey: String {
        var bytes = [UInt8](Data(base64Encoded: self) ?? Data())
        if !bytes.isEmpty { bytes[1] ^= 1 }
        return Data(bytes).base64EncodedString()
    }
}
