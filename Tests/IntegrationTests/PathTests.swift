import Foundation
import Glibc
import NetworkLab
import SealaneEligibility
import TestSupport
import Testing

/// Two agents with something between them.
struct Middle {
    let network: Network
    let a: Host
    let b: Host

    /// Packet filter of a host in the middle that hides its forwarding.
    static let restoreTTL = """
        table ip hide {
          chain out { type filter hook postrouting priority mangle; ip ttl set 255; }
        }
        """

    /// A router with additional nftables rules `filter`.
    static func router(
        mtu: Int = 1500, filter: String = restoreTTL, more: String = "", endpointOfB: String = "10.77.1.2:7325",
        interface: String = "sealane0",
        _ prepare: (Network) async throws -> Void = { _ in }
    ) async throws -> Middle {
        let network = try await Network(routedWithMTU: mtu)
        try await prepare(network)
        try await load(filter, on: 2, of: network)
        return try await Middle(network, listenOfB: "10.77.1.2:7325", endpointOfB: endpointOfB, more: more, interface)
    }

    static func load(_ rules: String, on host: Int, of network: Network) async throws {
        let path = try network.directory.write("flush ruleset\n\(rules)\n", to: "rules-\(UUID().uuidString)")
        _ = try await network.run(host, "nft", "-f", path).success
    }

    init(
        _ network: Network, listenOfB: String = "10.77.0.2:7325", endpointOfB: String = "10.77.0.2:7325",
        more: String = "", _ interface: String = "sealane0"
    ) async throws {
        self.network = network
        a = try await Host(network, 0)
        b = try await Host(network, 1)
        var settings = a.defaults
        settings.interface = interface
        settings.more = more
        settings.peers = [b.peerEntry(endpoint: endpointOfB)]
        try a.configure(settings)
        settings = b.defaults
        settings.interface = interface
        settings.listen = listenOfB
        settings.more = more
        settings.peers = [a.peerEntry(endpoint: "10.77.0.1:7325")]
        try b.configure(settings)
        try await a.startAgent()
        try await b.startAgent()
    }

    func pings(_ count: Int = 3, within seconds: Int = 60) async throws -> Outcome {
        try await a.run("ping", "-n", "-c", "\(count)", "-i", "0.2", "-W", "\(seconds)", "10.78.0.2")
    }

    func expectEligible(_ place: SourceLocation = #_sourceLocation) async throws {
        let ping = try await pings()
        #expect(ping.status == 0, "\(ping)", sourceLocation: place)
        for (host, other) in [(a, b), (b, a)] {
            let report = try await host.peerReport(other.name)
            #expect(report.state == .established, sourceLocation: place)
            #expect(report.path.map(\.witness) == Rules.ofPath, sourceLocation: place)
            // These agents have no topology.
            #expect(report.path.map(\.finding) == [.clear, .clear, .clear, .silent], sourceLocation: place)
            #expect(try await host.sealane("peer", "check", other.name).status == 0, sourceLocation: place)
        }
    }

    /// Every refusal code that `host` or the agent of its peer has given.
    func codes(at host: Host) async throws -> Set<ReasonCode> {
        let report = try await host.peerReport(host === a ? b.name : a.name)
        return Set((report.verdict.reasons + (report.refusedByPeer ?? [])).map(\.code))
    }

    /// Waits until both ends report this code, and checks what each of them shows.
    func expectRefused(
        _ code: ReasonCode, within limit: Duration = .seconds(20), _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let ping = try await pings(2, within: 1)
        #expect(ping.status != 0, "\(ping)", sourceLocation: place)
        for host in [a, b] {
            try await eventually(within: limit, "\(host.name) reports \(code)") {
                _ = try await pings(1, within: 1)
                return try await codes(at: host).contains(code)
            }
        }
        // The end that sees it shows it in its verdict, its log, and the text and exit status of the command.
        var seers = 0
        for (host, other) in [(a, b), (b, a)] {
            let report = try await host.peerReport(other.name)
            guard report.verdict.reasons.contains(where: { $0.code == code }) else { continue }
            seers += 1
            #expect(try await host.sealane("peer", "check", other.name).status == 3, sourceLocation: place)
            let shown = try await host.sealane("peer", "show", other.name).output
            #expect(shown.contains(code.rawValue), "\(shown)", sourceLocation: place)
            let lines = try host.log.split(separator: "\n").filter { $0.contains("reason=\(code)") }
            #expect(!lines.isEmpty, sourceLocation: place)
            #expect(lines.allSatisfy { !$0.contains("10.77.") }, "\(lines)", sourceLocation: place)
            #expect(
                report.path.contains { $0.objections.first?.code == code && $0.seenAt != nil }, sourceLocation: place)
        }
        #expect(seers > 0, sourceLocation: place)
    }
}

extension Integration {
    @Suite struct PathTests {
        @Test(arguments: [1500, 9001])
        func `a switch is eligible at every MTU, even if it loses 1 % in both directions`(mtu: Int) async throws {
            let middle = try await Middle(try await Network(mtus: [mtu, mtu]))
            try await middle.expectEligible()
            for index in 0..<2 {
                try await Middle.load(
                    """
                    table inet weather {
                      chain input {
                        type filter hook input priority filter;
                        udp dport 7325-7388 numgen random mod 100 == 0 counter drop;
                      }
                    }
                    """, on: index, of: middle.network)
            }
            // Long enough for several checks of the path.
            let ping = try await middle.a.run("ping", "-n", "-c", "120", "-i", "0.1", "10.78.0.2")
            #expect(ping.output.contains(" received"), "\(ping)")
            let report = try await middle.a.peerReport(middle.b.name)
            #expect(report.state == .established)
            #expect(report.verdict.eligible, "\(report.verdict)")
            #expect(report.session?.rekeys == 0)
        }

        @Test func `a router gives path-forwarded unless the policy allows its hops`() async throws {
            let middle = try await Middle.router(filter: "")
            try await middle.expectRefused(.pathForwarded)
            #expect(try await middle.codes(at: middle.a) == [.pathForwarded])
            let allowing = try await Middle.router(filter: "", more: "policy: {path: {hops: 1}}")
            try await allowing.expectEligible()
        }

        @Test func `a masquerade gives path-translated`() async throws {
            let middle = try await Middle.router(
                filter: Middle.restoreTTL
                    + """

                    table ip nat {
                      chain out { type nat hook postrouting priority srcnat; oifname "eth1" masquerade; }
                    }
                    """)
            try await middle.expectRefused(.pathTranslated)
        }

        @Test func `a rewritten destination gives path-translated`() async throws {
            let middle = try await Middle.router(
                filter: Middle.restoreTTL
                    + """

                    table ip nat {
                      chain in {
                        type nat hook prerouting priority dstnat;
                        ip daddr 10.77.0.254 udp dport 7325 dnat to 10.77.1.2:7325;
                      }
                    }
                    """, endpointOfB: "10.77.0.254:7325")
            try await middle.expectRefused(.pathTranslated)
        }

        @Test func `a rewritten port alone gives path-translated`() async throws {
            let middle = try await Middle.router(
                filter: Middle.restoreTTL
                    + """

                    table ip nat {
                      chain out {
                        type nat hook postrouting priority srcnat;
                        oifname "eth1" udp sport 7325 snat to 10.77.0.1:40000;
                      }
                    }
                    """)
            try await middle.expectRefused(.pathTranslated)
        }

        @Test(.enabled(if: Nginx.isThere, "needs nginx with stream"))
        func `a load balancer in user space gives path-translated`() async throws {
            let middle = try await Middle.router(endpointOfB: "10.77.0.254:7325") { network in
                _ = try await Nginx.balance("10.77.0.254:7325", to: "10.77.1.2:7325", on: 2, of: network)
            }
            try await middle.expectRefused(.pathTranslated)
        }

        @Test(arguments: [false, true])
        func `a middlebox that restores the TTL still gives path-mtu-reduced`(isSilent: Bool) async throws {
            let silence = """

                table ip silence {
                  chain out { type filter hook output priority filter; icmp type destination-unreachable drop; }
                }
                """
            let middle = try await Middle.router(mtu: 9001, filter: Middle.restoreTTL + (isSilent ? silence : "")) {
                _ = try await $0.run(2, "ip", "link", "set", "eth1", "mtu", "8500").success
            }
            try await middle.expectRefused(.pathMTUReduced)
            let reasons = try await middle.a.peerReport(middle.b.name).verdict.reasons
            let reason = try #require(reasons.first { $0.code == .pathMTUReduced })
            #expect(reason.observed.contains("8500") && reason.observed.contains("transit gateway"), "\(reason)")
            #expect(reason.required.contains("9001"), "\(reason)")
        }

        @Test func `a tunnel device with a smaller MTU does not hide path-mtu-reduced`() async throws {
            let middle = try await Middle.router(mtu: 9001, interface: "sealane0\n  mtu: 1440") {
                _ = try await $0.run(2, "ip", "link", "set", "eth1", "mtu", "8500").success
            }
            try await middle.expectRefused(.pathMTUReduced)
        }

        @Test func `a path through VXLAN gives path-mtu-reduced`() async throws {
            let middle = try await Middle(try await Network(joinedByVXLANWithMTU: 1500))
            try await middle.expectRefused(.pathMTUReduced)
            let shown = try await middle.a.sealane("peer", "show", middle.b.name).output
            #expect(shown.contains("1450") && shown.contains("VXLAN"), "\(shown)")
        }

        @Test func `with a warning only, packets keep to the size that the path carries`() async throws {
            let middle = try await Middle.router(mtu: 9001, more: "policy: {path: {mtu: warn}}") {
                _ = try await $0.run(2, "ip", "link", "set", "eth1", "mtu", "8500").success
            }
            let ping = try await middle.a.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            let report = try await middle.a.peerReport(middle.b.name)
            #expect(report.mtu == 8440)
            #expect(report.verdict.eligible)
            let big = try await middle.a.run("ping", "-n", "-c", "1", "-W", "60", "-M", "do", "-s", "8412", "10.78.0.2")
            #expect(big.status == 0, "\(big)")
            #expect(try await middle.a.sealane("peer", "show", middle.b.name).output.contains("only warns"))
            #expect(try middle.a.log.contains("reason=path-mtu-reduced"))
        }

        @Test func `a masquerade ends a running session, which resumes without it, with no cleartext`() async throws {
            let middle = try await Middle.router()
            try await middle.expectEligible()
            let wire = middle.network.directory.path("wire")
            let capture = try middle.network.start(2, ["tcpdump", "-i", "eth1", "-U", "-w", wire, "ip"])
            try await eventually("the capture runs") { capture.output.contains("listening on") }
            try await Middle.load(
                Middle.restoreTTL
                    + """

                    table ip nat {
                      chain out { type nat hook postrouting priority srcnat; oifname "eth1" masquerade; }
                    }
                    """, on: 2, of: middle.network)
            try await middle.expectRefused(.pathTranslated)
            capture.send(SIGTERM)
            _ = await capture.status()
            let foreign = try await middle.network.run(
                2, "tcpdump", "-n", "-r", wire, "not udp port 7325 and net 10.78.0.0/24")
            #expect(!foreign.output.contains("IP "), "\(foreign)")
            try await Middle.load(Middle.restoreTTL, on: 2, of: middle.network)
            try await eventually(within: .seconds(40), "packets arrive again") {
                try await middle.pings(1, within: 1).status == 0
            }
            try await middle.expectEligible()
        }

        @Test func `lowering the path's MTU ends a running session, which resumes afterwards`() async throws {
            let middle = try await Middle.router(mtu: 9001)
            try await middle.expectEligible()
            let traffic = try middle.a.start("ping", "-n", "-i", "0.2", "10.78.0.2")
            defer { traffic.send(SIGKILL) }
            _ = try await middle.network.run(2, "ip", "link", "set", "eth1", "mtu", "1500").success
            try await eventually(within: .seconds(20), "the session ends") {
                try await middle.codes(at: middle.a).contains(.pathMTUReduced)
            }
            try await middle.expectRefused(.pathMTUReduced)
            _ = try await middle.network.run(2, "ip", "link", "set", "eth1", "mtu", "9001").success
            try await eventually(within: .seconds(40), "packets arrive again") {
                try await middle.pings(1, within: 1).status == 0
            }
            try await middle.expectEligible()
        }
    }
}

/// Debian's nginx as a UDP load balancer.
private enum Nginx {
    static let modules = ["/usr/lib/nginx/modules/ngx_stream_module.so"]

    static var isThere: Bool {
        FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx")
            && modules.allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }

    static func balance(_ listen: String, to server: String, on host: Int, of network: Network) async throws -> Program
    {
        let path = try network.directory.write(
            """
            \(modules.map { "load_module \($0);" }.joined(separator: "\n"))
            daemon off;
            master_process off;
            pid \(network.directory.path("nginx.pid"));
            error_log stderr;
            events {}
            stream {
              upstream agents { server \(server); }
              server { listen \(listen) udp; proxy_pass agents; }
            }

            """, to: "nginx.conf")
        let program = try network.start(host, ["nginx", "-e", "stderr", "-c", path])
        try await eventually("nginx listens: \(program.output)") {
            try await network.run(host, "ss", "-Hlun", "sport = :7325").output.contains("10.77.0.254")
        }
        return program
    }
}
