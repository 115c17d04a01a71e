import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneLinux
import TestSupport
import Testing

extension Integration {
    @Suite struct OverlayFilterTests {
        /// The table of the overlay filter of `eligiblePair`'s first host.
        private static let table = "sealane-sealane0"

        @Test(arguments: [0, 2])
        func `the filter drops cleartext of the overlay and lets the tunnel pass`(reversePathFilter: Int) async throws {
            let (a, b, stranger) = try await trio()
            for name in ["all", "eth0", "sealane0"] {
                _ = try await a.run("sysctl", "-q", "-w", "net.ipv4.conf.\(name).rp_filter=\(reversePathFilter)")
                    .success
            }
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            let service = try await Service.start(on: a)
            // Control: the victim hears the same forger outside the overlay.
            let beside = Forgery(source: "10.77.0.9", destination: "10.77.0.1")
            try await forge(beside, from: stranger, to: a)
            try await eventually("a datagram outside the overlay arrives: \(service.output)") {
                service.output.contains(beside.mark)
            }
            let forgeries = [
                // A peer's source; an unassigned address; the overlay source for the underlay address; broadcast.
                Forgery(source: "10.78.0.2", destination: "10.78.0.1"),
                Forgery(source: "10.99.0.9", destination: "10.78.0.1"),
                Forgery(source: "10.78.0.2", destination: "10.77.0.1"),
                Forgery(source: "10.77.0.9", destination: "10.78.0.255"),
                Forgery(source: "fd78::2", destination: "fd78::1"),
                Forgery(source: "fd99::9", destination: "fd78::1"),
                Forgery(source: "fd78::2", destination: "fd77::1"),
            ]
            for forgery in forgeries { try await forge(forgery, from: stranger, to: a) }
            try await eventually("the filter counted each forgery") {
                try await a.statusReport().counters["cleartext-in"] ?? 0 >= UInt64(forgeries.count)
            }
            let metrics = try await a.run(
                "curl", "-s", "--unix-socket", a.controlSocket, "http://localhost/metrics")
            #expect(metrics.output.contains("sealane_overlay_filter_in_place 1"), "\(metrics)")
            #expect(metrics.output.contains("sealane_drops_total{reason=\"cleartext-in\"}"), "\(metrics)")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            #expect(try await b.run("ping", "-n", "-c", "1", "-W", "5", "fd78::1").status == 0)

            try await a.killAgent()
            let later = forgeries.map { Forgery(source: $0.source, destination: $0.destination) }
            for forgery in later { try await forge(forgery, from: stranger, to: a) }
            // This is sent last on the same link, so everything that was not dropped has arrived before it.
            let last = Forgery(source: "10.77.0.9", destination: "10.77.0.1")
            try await forge(last, from: stranger, to: a)
            try await eventually("the last datagram arrives") { service.output.contains(last.mark) }
            for forgery in forgeries + later {
                #expect(!service.output.contains(forgery.mark), "\(forgery) arrived")
            }
        }

        @Test func `the filter drops and counts cleartext that would leave for a peer`() async throws {
            let (a, _, stranger) = try await trio()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            _ = try await a.run("ip", "route", "add", "default", "via", "10.77.0.3").success
            _ = try await a.run("ip", "-6", "route", "add", "default", "via", "fd77::3").success
            let capture = try stranger.start(
                "tcpdump", "-ni", "eth0", "-l", "--immediate-mode", "host 10.78.0.2 or host fd78::2 or udp port 9999")
            try await eventually("tcpdump listens: \(capture.output)") { capture.output.contains("listening on") }
            for address in ["10.78.0.2", "fd78::2"] {
                let bound = try await a.run("ping", "-n", "-c", "1", "-W", "1", "-I", "eth0", address)
                #expect(bound.status != 0, "\(bound)")
            }
            // A foreign rule sends everything through another table.
            _ = try await a.run("ip", "rule", "add", "pref", "10", "lookup", "77").success
            _ = try await a.run("ip", "route", "add", "10.78.0.2", "via", "10.77.0.3", "table", "77").success
            let routed = try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2")
            #expect(routed.status != 0, "\(routed)")
            _ = try await a.run("ip", "rule", "delete", "pref", "10").success
            #expect(try await a.statusReport().counters["cleartext-out"] ?? 0 >= 3)
            _ = try await a.run("sh", "-c", "echo end | socat -u STDIN UDP:10.77.0.3:9999").success
            try await eventually("the capture has the last packet: \(capture.output)") {
                capture.output.contains("9999")
            }
            #expect(!capture.output.contains("10.78.0.2"), "\(capture.output)")
            #expect(!capture.output.contains("fd78::2"), "\(capture.output)")
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
        }

        @Test(arguments: [
            "flush ruleset", "delete table inet \(table)", "flush table inet \(table)",
            "flush chain inet \(table) arrival", "add table inet \(table) { flags dormant; }",
            "insert rule inet \(table) arrival accept", "flush set inet \(table) overlay4",
            "delete element inet \(table) overlay4 { 10.78.0.2 }",
            "add chain inet \(table) departure { policy drop; }",
            "delete chain inet \(table) departure; add chain inet \(table) departure "
                + "{ type filter hook postrouting priority 400; }",
        ])
        func `the agent restores the filter at once and leaves other tables alone`(command: String) async throws {
            let (a, b, _) = try await trio()
            let other = "table ip other {\n\tchain mine {\n\t\ttcp dport 81 counter packets 0 bytes 0 drop\n\t}\n}\n"
            _ = try await a.run("nft", other).success
            let before = try await listing(a)
            #expect(before.contains("elements = { 10.78.0.1, 10.78.0.2 }"), "\(before)")
            for change in command.split(separator: "; add chain").enumerated() {
                let text = change.offset == 0 ? String(change.element) : "add chain" + change.element
                // The second half of the command may find the filter restored already.
                _ = try await a.run("nft", text)
            }
            try await eventually("the filter is as it was: \(try await listing(a))") {
                let isBack = try await listing(a) == before
                let report = try await a.statusReport().overlayFilter
                return isBack && report?.inPlace == true && report?.repairs ?? 0 > 0
            }
            #expect(try a.log.contains("the overlay filter was changed and has been restored"))
            #expect(try a.log.contains("by=\"nft (pid "))
            #expect(try await a.run("nft", "list", "ruleset").output.contains(other) == (command != "flush ruleset"))
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "5", "10.78.0.2").status == 0)
            #expect(try await b.run("ping", "-n", "-c", "1", "-W", "5", "fd78::1").status == 0)
        }

        @Test func `the filter survives kill -9 and SIGTERM, follows the peers, and doctor checks it`() async throws {
            let (a, b, _) = try await trio()
            #expect(try await a.doctorCheck("overlay-filter").outcome == .ok)
            try await a.killAgent()
            #expect(try await listing(a).contains("10.78.0.2"))
            try await a.startAgent()
            #expect(try await a.statusReport().overlayFilter?.repairs == 0, "its own changes are no meddling")
            let added = try await a.sealane(
                "peer", "add", "hand", "--endpoint", "10.77.0.9:7325", "--public-key", b.publicKey.swappedHalves,
                "--address", "10.78.7.0/24", "--type", "c5n.large", "--region", "us-east-1", "--vpc", "vpc-0a")
            #expect(added.status == 0, "\(added)")
            #expect(try await listing(a).contains("10.78.7.0/24"))
            #expect(try await a.sealane("peer", "remove", "hand").status == 0)
            #expect(try await listing(a).contains("10.78.7.0/24") == false)
            #expect(try await a.stopAgent() == 0)
            #expect(try await listing(a).contains("10.78.0.2"))

            _ = try await a.run("ip", "tuntap", "add", "dev", "sealane0", "mode", "tun")
            _ = try await a.run("nft", "flush", "table", "inet", Self.table).success
            let changed = try await a.doctorCheck("overlay-filter")
            #expect(changed.outcome == .problem && changed.observed.contains("was changed"), "\(changed)")
            for _ in 0..<2 {
                _ = try await a.network.within(a.index) { try OverlayFilter.remove(interface: "sealane0") }
            }
            #expect(try await a.run("nft", "list", "ruleset").output.contains("sealane") == false)
            let missing = try await a.doctorCheck("overlay-filter")
            #expect(missing.outcome == .problem && missing.observed.contains("is missing"), "\(missing)")
        }

        @Test func `an agent on a kernel without nf_tables starts, and log, status and doctor say so`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            try a.configure(a.defaults)
            let wrapper = try network.directory.write(Self.withoutNetfilter, to: "without.py")
            try await a.startAgent(by: ["python3", wrapper])
            #expect(try a.log.contains("this kernel has no nf_tables"))
            let report = try #require(try await a.statusReport().overlayFilter)
            #expect(!report.inPlace && report.reason?.contains("EOPNOTSUPP") == true, "\(report)")
            let status = try await a.sealane("status")
            #expect(status.output.contains("cleartext packets from the link are accepted as a peer's"), "\(status)")
            let program = Host.programs.appending(path: "sealane").path
            let doctor = try await a.run(
                "python3", wrapper, program, "doctor", "--config", a.configurationPath, "--control-socket",
                a.controlSocket)
            let line = doctor.output.split(separator: "\n").first { $0.contains("overlay-filter") }
            #expect(line?.hasPrefix("warning") == true, "\(doctor)")
            #expect(line?.contains("this kernel has no nf_tables") == true, "\(doctor)")
        }

        // MARK: -

        /// Two eligible peers, and a host without a key.
        private func trio() async throws -> (a: Host, b: Host, stranger: Host) {
            let network = try await Network(mtus: [1500, 1500, 1500])
            let (a, b, stranger) = (
                try await Host(network, 0), try await Host(network, 1), try await Host(network, 2)
            )
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.peers = [other.peerEntry()]
                try host.configure(settings)
                try await host.startAgent()
            }
            return (a, b, stranger)
        }

        /// The table as nft lists it, without counters.
        private func listing(_ host: Host) async throws -> String {
            let outcome = try await host.run("nft", "list", "table", "inet", Self.table)
            return outcome.output.replacing(#/packets \d+ bytes \d+/#, with: "")
        }

        private struct Forgery: CustomStringConvertible {
            let source: String
            let destination: String
            /// The payload.
            let mark = "forged-\(UUID().uuidString)"

            var description: String { "\(source) > \(destination)" }
        }

        /// Puts one UDP datagram on the link, addressed to the first host's Ethernet address.
        private func forge(_ forgery: Forgery, from stranger: Host, to victim: Host) async throws {
            let link = try await victim.run("cat", "/sys/class/net/eth0/address").success
            let program = stranger.network.directory.path("forge.py")
            if !FileManager.default.fileExists(atPath: program) {
                try stranger.network.directory.write(Self.forger, to: "forge.py")
            }
            _ = try await stranger.run(
                "python3", program, link.trimmingCharacters(in: .whitespacesAndNewlines), forgery.source,
                forgery.destination, "5514", forgery.mark
            ).success
        }

        /// Listens for UDP on port 5514 of all addresses.
        private enum Service {
            static func start(on host: Host) async throws -> Program {
                let service = try host.start(
                    "socat", "-u", "UDP6-RECV:5514,ipv6only=0,bind=[::]", "STDOUT")
                try await eventually("the service listens: \(service.output)") {
                    try await host.run("ss", "-Hlun", "sport = :5514").output.contains(":5514")
                }
                return service
            }
        }

        private static let forger = """
            import ipaddress, socket, struct, sys
            link, source, destination, port, text = sys.argv[1:]
            source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
            payload = text.encode() + b'\\n'
            def checksum(data):
                data += b'\\0' * (len(data) % 2)
                total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
                while total >> 16:
                    total = (total & 0xffff) + (total >> 16)
                return ~total & 0xffff
            udp = struct.pack('!HHHH', 4444, int(port), 8 + len(payload), 0) + payload
            pseudo = source.packed + destination.packed + struct.pack('!IHBB', len(udp), 0, 0, 17)
            udp = udp[:6] + struct.pack('!H', checksum(pseudo + udp) or 0xffff) + udp[8:]
            if source.version == 4:
                header = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0)
                header += source.packed + destination.packed
                packet = header[:10] + struct.pack('!H', checksum(header)) + header[12:] + udp
            else:
                packet = struct.pack('!IHBB', 6 << 28, len(udp), 17, 64) + source.packed + destination.packed + udp
            kind = 0x0800 if source.version == 4 else 0x86dd
            with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
                raw.bind(('eth0', kind))
                raw.send(bytes.fromhex(link.replace(':', '')) + b'\\x02\\0\\0\\0\\0\\x09' + struct.pack('!H', kind) + packet)

            """

        /// Executes the program in its arguments with a seccomp filter that refuses NETLINK_NETFILTER sockets, as a
        /// kernel without nf_tables does.
        private static let withoutNetfilter = """
            import ctypes, os, struct, sys
            NETLINK_NETFILTER, EPROTONOSUPPORT = 12, 93
            SYS_socket = {'x86_64': 41, 'aarch64': 198}[os.uname().machine]
            def step(code, true, false, k):
                return struct.pack('HBBI', code, true, false, k)
            program = b''.join([
                step(0x20, 0, 0, 0), step(0x15, 0, 5, SYS_socket),
                step(0x20, 0, 0, 16), step(0x15, 0, 3, 16),
                step(0x20, 0, 0, 32), step(0x15, 0, 1, NETLINK_NETFILTER),
                step(0x06, 0, 0, 0x00050000 | EPROTONOSUPPORT), step(0x06, 0, 0, 0x7fff0000)])
            memory = ctypes.create_string_buffer(program)
            class Program(ctypes.Structure):
                _fields_ = [('count', ctypes.c_ushort), ('steps', ctypes.c_void_p)]
            filter = Program(len(program) // 8, ctypes.cast(memory, ctypes.c_void_p))
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(filter), 0, 0):
                sys.exit('no seccomp filter: ' + os.strerror(ctypes.get_errno()))
            os.execvp(sys.argv[1], sys.argv[1:])

            """
    }
}

extension String {
    /// Another key of the same form.
    fileprivate var swappedHalves: String {
        guard let bytes = Data(base64Encoded: self) else { return self }
        return (bytes.suffix(16) + bytes.prefix(16)).base64EncodedString()
    }
}
