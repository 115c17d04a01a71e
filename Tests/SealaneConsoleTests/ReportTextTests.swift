import AgentTestSupport
import Foundation
import SealaneConsole
import SealaneControl
import SealaneEligibility
import SealaneLinux
import Testing

struct ReportTextTests {
    private let plain = SampleReports.plain

    @Test func `status shows the agent, then its peers in columns`() throws {
        let list = try SampleReports.list()
        #expect(
            try SampleReports.status().text(plain, peers: list) == """
                sealane0  up 1 d 1 h, sealaned \(Release.version), pid 4711
                  listen      10.77.0.1:7325, 1 lane
                  addresses   10.78.0.1/24
                  public key  CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=
                  fleet       sealane
                  MTU         1440
                  offloads    checksum, tso4, tso6, gro; off: uso (it is not known), gso (the configuration says off)
                  ciphers     AES-256-GCM, ChaCha20-Poly1305; by libsodium (as configured)
                  instance    id i-0a (certificate)
                              type c5n.18xlarge, region us-east-1, vpc vpc-0a (stated by operator)
                  received    1.2 GiB in 900000 packets
                  sent        1.5 KiB in 1 packet
                  dropped     peer-refused 40, replayed 2
                  restored    routes 2 (other programs changed the tunnel device)
                  peers       4: 1 established, 1 idle, 2 refused
                  verdicts    1 eligible, 1 refused, 2 unjudged

                NAME       STATE        VERDICT   ENDPOINT        ADDRESSES     RECEIVED  SENT     WHY
                b          established  eligible  10.77.0.2:7325  10.78.0.2/32  1.2 GiB   1.5 KiB
                c          refused      refused   10.77.0.3:7325  10.78.0.3/32  0 B       0 B      peer-type-unsupported, vpc-not-shared
                d          refused      unjudged  10.77.0.4:7325  10.78.0.4/32  0 B       0 B      says the peer: local-type-unsupported
                long-name  idle         unjudged  10.77.0.5:7325  10.78.0.5/32  0 B       0 B

                """)
    }

    @Test func `status begins with what makes this host refuse every peer`() throws {
        var status = try SampleReports.status()
        status.hostReasons = [
            Reason(
                code: .localTypeUnsupported, observed: "t2.nano", required: "a type that encrypts in transit",
                source: "local type stated by operator, catalog"),
            Reason(
                code: .certificateExpired, observed: "expired", required: "a valid certificate",
                source: "this host's certificate"),
        ]
        let lines = status.text(plain, peers: PeerListReport(peers: [])).split(separator: "\n")
        #expect(
            lines[1...2].map(String.init) == [
                "no peer is eligible, because of this host: local-type-unsupported: t2.nano (local type stated by "
                    + "operator, catalog). \(ReasonCode.localTypeUnsupported.remedy)",
                "no peer is eligible, because of this host: certificate-expired: expired (this host's certificate). "
                    + ReasonCode.certificateExpired.remedy,
            ])
    }

    @Test func `an established peer shows its session and what went through it`() throws {
        #expect(
            try SampleReports.established().text(plain) == """
                b  established
                  endpoint        10.77.0.2:7325
                  addresses       10.78.0.2/32
                  public key      AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=
                  pre-shared key  yes
                  named by        the configuration
                  instance        type m5n.xlarge, region us-east-1, vpc vpc-0a (stated by operator)
                  session         AES-256-GCM, 1 lane, 1 min 12 s old, begun by us, rekeyed 3 times
                  last handshake  1 min 12 s ago
                  MTU             1440
                  received        1.2 GiB in 900000 packets
                  sent            1.5 KiB in 1 packet
                  dropped         replayed 2
                  verdict         eligible

                """)
    }

    @Test func `a refused peer shows every reason: code, observed, required, source, remedy`() throws {
        let text = try SampleReports.refused().text(plain)
        #expect(
            text.hasPrefix(
                """
                c  refused
                  endpoint        10.77.0.3:7325
                  addresses       10.78.0.3/32
                  public key      AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=
                  named by        hand (sealane peer add)
                  instance        type t3.micro, region us-east-1, vpc vpc-0a (stated by operator)
                  last handshake  never
                  received        0 B in 0 packets
                  sent            0 B in 0 packets
                  verdict         refused, 2 reasons

                """))
        #expect(
            text.hasSuffix(
                """
                    peer-type-unsupported  \(ReasonCode.peerTypeUnsupported.explanation)
                      observed  t3.micro
                      required  a family that encrypts
                      source    stated by operator; catalog
                      remedy    \(ReasonCode.peerTypeUnsupported.remedy)
                    vpc-not-shared  \(ReasonCode.vpcNotShared.explanation)
                      observed  local vpc-0a, peer vpc-0d
                      required  one VPC
                      source    stated by operator
                      remedy    \(ReasonCode.vpcNotShared.remedy)

                """))
    }

    @Test(arguments: ReasonCode.allCases)
    func `every reason code is shown by peer show, peer list and peer check`(_ code: ReasonCode) throws {
        let reason = Reason(code: code, observed: "seen", required: "wanted", source: "somewhere")
        let definition = try SampleReports.definition("x", 6, type: "c5n.large")
        let report = PeerReport(definition, origin: .config, state: .refused, verdict: .refused([reason]))
        let check = CheckReport(
            peer: "x", verdict: .refused([reason]), local: definition.facts, remote: definition.facts)
        for text in [report.text(SampleReports.plain), check.text(plain)] {
            for part in [code.rawValue, code.explanation, "seen", "wanted", "somewhere", code.remedy] {
                #expect(text.contains(part))
            }
        }
        #expect(PeerListReport(peers: [report]).text(plain).contains(code.rawValue))
        #expect(!check.passes)
    }

    @Test func `what the peer's agent said is told apart from what this one says`() throws {
        let text = try SampleReports.refusedByPeer().text(plain)
        #expect(text.contains("  verdict         unjudged, not received yet: the peer's handshake\n"))
        // It refused: nothing would come of another packet.
        #expect(!text.contains("to judge"))
        #expect(text.contains("  the peer's agent refused, for 2 reasons; there, this host is \"peer\":\n"))
        #expect(text.contains("      observed  c5n.large\n      remedy "))
    }

    @Test func `a check shows the verdict and what both were judged by`() throws {
        let local = try SampleReports.definition("a", 1, type: "c5n.large").facts
        let check = CheckReport(
            peer: "b", source: "10.78.0.2", verdict: .eligible, local: local, remote: Facts())
        #expect(check.passes)
        #expect(
            check.text(plain) == """
                b, packets from 10.78.0.2  eligible
                  this host  type c5n.large, region us-east-1, vpc vpc-0a (stated by operator)
                  the peer   unknown

                """)
    }

    @Test func `a check that only the peer fails does not pass`() {
        let reason = SampleReports.typeReason
        let check = CheckReport(
            peer: "b", verdict: .eligible, refusedByPeer: [reason], local: Facts(), remote: Facts())
        #expect(!check.passes)
        #expect(check.text(plain).contains("the peer's agent refused"))
    }

    @Test func `what the peer's agent said stands before this host's own reasons`() throws {
        let (own, theirs) = (SampleReports.typeReason, SampleReports.vpcReason)
        let definition = try SampleReports.definition("x", 6, type: "c5n.large")
        let report = PeerReport(
            definition, origin: .config, state: .refused, verdict: .refused([own]), refusedByPeer: [theirs])
        let check = CheckReport(
            peer: "x", verdict: .refused([own]), refusedByPeer: [theirs], local: Facts(), remote: Facts())
        for text in [report.text(plain), check.text(plain)] {
            let first = try #require(text.range(of: theirs.code.rawValue))
            let second = try #require(text.range(of: own.code.rawValue))
            #expect(first.lowerBound < second.lowerBound, "\(text)")
            #expect(
                text[first.lowerBound..<second.lowerBound].contains("\n  this host refuses the peer, for 1 reason:\n"))
        }
    }

    @Test func `a peer that was not heard is unjudged, with what is missing and how to get it`() throws {
        let missing: [Verdict.Need] = [.claims, .certificate, .mtu]
        let definition = try SampleReports.definition("x", 6, type: "c5n.large")
        let report = PeerReport(definition, origin: .config, state: .idle, verdict: .unjudged(missing: missing))
        let check = CheckReport(
            peer: "x", verdict: .unjudged(missing: missing), state: .idle, local: Facts(), remote: Facts())
        #expect(check.outcome == .unjudged && !check.passes)
        let line = "unjudged, not received yet: the peer's handshake, the peer's certificate, the path witness mtu\n"
        for text in [report.text(plain), check.text(plain)] {
            #expect(text.contains(line), "\(text)")
            #expect(text.contains("to judge") && text.contains("a ping"), "\(text)")
            #expect(!text.contains("eligible"), "\(text)")
        }
    }

    @Test func `a peer that does not answer tells since when, how often it was asked, and what to look at`() throws {
        let report = try SampleReports.unreachable()
        let check = CheckReport(
            peer: "e", verdict: .unjudged(missing: [.claims]), state: .unreachable, unanswered: report.unanswered,
            local: Facts(), remote: Facts())
        for text in [report.text(plain), check.text(plain)] {
            for part in [
                "to 13 handshakes, the first 1 min 5 s ago", "Is the peer up", "UDP", "10.77.0.1:7325",
                "10.77.0.6:7325", "Lane 0", "public key", "pre-shared key", "fleet",
            ] {
                #expect(text.contains(part), "\(part): \(text)")
            }
            #expect(!text.contains("to judge"), "\(text)")
        }
        #expect(report.text(plain).contains(report.publicKey))
        let list = PeerListReport(peers: [report]).text(plain)
        #expect(list.contains("no answer to 13 handshakes, the first 1 min 5 s ago"), "\(list)")
    }

    @Test func `where a handshake tells why a peer does not answer, that takes the place of what to look at`() throws {
        let report = try SampleReports.withRefusedHandshake()
        let remedy = try #require(report.refusedHandshake).remedy
        let check = CheckReport(
            peer: "e", verdict: .unjudged(missing: [.claims]), state: .unreachable, unanswered: report.unanswered,
            local: Facts(), remote: Facts(), refusedHandshake: report.refusedHandshake)
        for text in [report.text(plain), check.text(plain)] {
            #expect(text.contains("no answer"), "\(text)")
            #expect(text.contains("look at") && !text.contains("Is the peer up"), "\(text)")
            #expect(text.contains("keys-swapped: it was seen (3 s ago)\n"), "\(text)")
            #expect(text.contains("  \(remedy)\n"), "\(text)")
        }
        var status = try SampleReports.status()
        status.strangers = [
            StrangerReport(
                source: "10.77.0.9:7325", publicKey: ConfigurationText.key(8), since: SampleReports.now,
                lastAt: SampleReports.now, handshakes: 7),
            StrangerReport(
                source: "10.77.0.10:7325", publicKey: status.publicKey, since: SampleReports.now,
                lastAt: SampleReports.now, handshakes: 1),
            StrangerReport(
                source: "10.77.0.11:7325", publicKey: status.publicKey, since: SampleReports.now,
                lastAt: SampleReports.now.addingTimeInterval(-601), handshakes: 1),
        ]
        let text = status.text(plain, peers: PeerListReport(peers: [report]))
        #expect(text.contains("handshake not accepted: keys-swapped\n"), "\(text)")
        #expect(text.contains("\ne: keys-swapped: it was seen (3 s ago); \(remedy)\n"), "\(text)")
        #expect(
            text.contains(
                "10.77.0.9:7325 is not a peer and claims the public key \(ConfigurationText.key(8)): 7 handshakes, "
                    + "the last just now; to make it a peer"), "\(text)")
        #expect(
            text.contains("10.77.0.10:7325 is not a peer and uses this host's own public key: 1 handshake"), "\(text)")
        #expect(!text.contains("10.77.0.11"), "\(text)")
    }

    @Test
    func `a handshake that was not accepted is not reported once one was, unless the peer's key is used elsewhere`()
        throws
    {
        var report = try SampleReports.withRefusedHandshake()
        report.refusedHandshake?.reason = .presharedKeyDiffers
        #expect(report.text(plain).contains("no session"))
        report.lastHandshakeAt = SampleReports.now
        let list = { PeerListReport(peers: [report]).text(plain).contains("handshake not accepted") }
        #expect(!list())
        #expect(report.text(plain).contains("not accepted"), "it stays in peer show")
        report.refusedHandshake?.reason = .unexpectedSource
        #expect(list())
        report.refusedHandshake?.at = SampleReports.now.addingTimeInterval(-601)
        #expect(!list())
        // A clock has its own line.
        report.refusedHandshake?.reason = .clockAhead
        #expect(!report.text(plain).contains("not accepted"))
    }

    @Test func `one attempt that is under way is no silence yet`() throws {
        var report = try SampleReports.unreachable()
        report.state = .connecting
        report.unanswered?.attempts = 1
        #expect(!report.text(plain).contains("no answer"))
        #expect(!PeerListReport(peers: [report]).text(plain).contains("no answer"))
        report.unanswered?.attempts = 2
        #expect(report.text(plain).contains("no answer"))
    }

    @Test func `a peer that answers handshakes alone is told apart`() throws {
        var report = try SampleReports.unreachable()
        report.unanswered = nil
        #expect(report.text(plain).contains("the peer answers handshakes"))
    }

    @Test func `a check of a peer that was not heard and has refused is a refusal`() {
        let check = CheckReport(
            peer: "b", verdict: .unjudged(missing: [.claims]), refusedByPeer: [SampleReports.typeReason],
            local: Facts(), remote: Facts())
        #expect(check.outcome == .refused)
    }

    @Test func `colour marks states on terminals and nothing else changes`() throws {
        let text = try SampleReports.list().text(SampleReports.coloured)
        #expect(text.contains("\u{1b}[32mestablished\u{1b}[0m"))
        #expect(text.contains("\u{1b}[31mrefused\u{1b}[0m"))
        var stripped = text
        for code in ["31", "32", "33", "2", "1", "0"] {
            stripped = stripped.replacing("\u{1b}[\(code)m", with: "")
        }
        #expect(try stripped == SampleReports.list().text(plain))
    }

    @Test(arguments: [
        (0, "just now"), (1, "1 s ago"), (60, "1 min ago"), (65, "1 min 5 s ago"), (7200, "2 h ago"),
        (7325, "2 h 2 min ago"), (277_200, "3 d 5 h ago"), (-5, "just now"),
    ])
    func `a moment is told by the two greatest units`(_ seconds: Int, _ expected: String) throws {
        var report = try SampleReports.established()
        report.lastHandshakeAt = SampleReports.now.addingTimeInterval(-Double(seconds))
        #expect(report.text(plain).contains("last handshake  \(expected)\n"))
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (10_189, "10 KiB"), (1_048_064, "1.0 MiB"),
        (1_073_741_824, "1.0 GiB"), (UInt64.max, "16 EiB"),
    ])
    func `bytes are scaled to at most four figures`(_ count: UInt64, _ expected: String) throws {
        var report = try SampleReports.established()
        report.traffic.sentBytes = count
        #expect(report.text(plain).contains("sent            \(expected) in 1 packet\n"))
    }

    @Test func `no peers is said, not shown as an empty table`() {
        #expect(
            PeerListReport(peers: []).text(plain)
                == "no peers: name them in the configuration, or with sealane peer add\n")
    }

    @Test func `a reload tells what it changed, or that it changed nothing`() {
        let nothing = ReloadReport(added: [], removed: [], changed: [], policyChanged: false)
        #expect(nothing.text(plain) == "nothing changed\n")
        let much = ReloadReport(added: ["c", "d"], removed: ["e"], changed: ["b"], policyChanged: true)
        #expect(
            much.text(plain) == """
                peers added    c, d
                peers removed  e
                peers changed  b
                policy         changed; every peer was judged again

                """)
        var secrets = ReloadReport(added: [], removed: [], changed: ["b"], policyChanged: false)
        secrets.presharedKeysChanged = ["b"]
        secrets.warnings = ["private key in /k is not the one in use; restart sealaned to use it"]
        #expect(
            secrets.text(plain) == """
                peers changed    b
                pre-shared keys  changed for b; new sessions
                warning: private key in /k is not the one in use; restart sealaned to use it

                """)
    }

    @Test(arguments: [
        ("m5n", "family m5n encrypts in transit (catalog)\n"),
        ("m5n.xlarge", "m5n.xlarge: family m5n encrypts in transit (catalog)\n"),
        ("t3.micro", "t3.micro: family t3 does not encrypt in transit (catalog)\n"),
        ("zz9.large", "zz9.large: family zz9 is not in the catalog: refused, unless policy.extra-families names it\n"),
        (
            "trn2.banana",
            "trn2.banana: family trn2 has no such size: refused, unless policy.extra-families names the family; "
                + "its sizes: 3xlarge, 48xlarge\n"
        ),
        ("u-6tb1", "family u-6tb1 encrypts in transit (catalog), on virtualized sizes only\n"),
        ("u-6tb1.56xlarge", "u-6tb1.56xlarge: family u-6tb1 encrypts in transit (catalog)\n"),
        (
            "u-6tb1.metal",
            "u-6tb1.metal: family u-6tb1 encrypts in transit on virtualized sizes only (catalog): "
                + "u-6tb1.metal does not encrypt\n"
        ),
    ])
    func `the catalog answers for types and families`(_ name: String, _ expected: String) {
        #expect(CatalogAnswerReport(of: name)?.text(plain) == expected)
    }

    @Test func `what is neither type nor family has no answer`() {
        #expect(CatalogAnswerReport(of: "M5N.xlarge") == nil)
        #expect(CatalogAnswerReport(of: "m5n.xlarge.") == nil)
    }

    @Test func `lanes that carry no packets are named, with the ports to open`() throws {
        let silent = try SampleReports.withLanes()
        let words = "lanes 2, 4-5 do not answer; lane 3 does not carry datagrams of full size"
        let remedy = "open UDP 7327, 7329-7330 on this host and UDP 7001-7002 on the peer"
        for text in [
            silent.text(SampleReports.plain),
            try SampleReports.status().text(SampleReports.plain, peers: PeerListReport(peers: [silent])),
        ] {
            #expect(text.contains(words) && text.contains(remedy), "\(text)")
        }
        let fine = try SampleReports.established()
        #expect(!fine.text(SampleReports.plain).contains("lane 0 carries"))
    }

    @Test func `down says what was removed, and every way that packets take now`() {
        func traffic(_ prefix: String, _ interface: String?, _ via: String? = nil) -> DownReport.Traffic {
            DownReport.Traffic(
                prefix: prefix, outcome: interface == nil ? .refused : .clear, interface: interface, via: via)
        }
        let report = DownReport(
            interface: "sealane0", deviceRemoved: true, filterRemoved: true, prohibitionsRemoved: 1,
            traffic: [
                traffic("10.78.0.2/32", "eth0", "10.77.0.254"), traffic("10.78.0.3/32", "eth0", "10.77.0.254"),
                traffic("fd78::2/128", nil),
            ])
        #expect(
            report.text(plain) == """
                removed from sealane0: the device with its addresses and routes, the overlay filter, 1 route that refused packets to peers
                packets to fd78::2/128 do not leave: this host has no route for them, or a route that refuses them
                packets to 10.78.0.2/32, 10.78.0.3/32 leave in the clear by eth0 via 10.77.0.254

                """)
        let nothing = DownReport(
            interface: "sealane0", deviceRemoved: false, filterRemoved: false, prohibitionsRemoved: 0, traffic: [])
        #expect(nothing.text(plain) == "there was nothing of sealane0\n")
    }
}
