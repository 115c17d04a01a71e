import AgentTestSupport
import Foundation
import SealaneAEAD
import SealaneConfiguration
import SealaneEligibility
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

struct ConfigurationDecoderTests {
    @Test func `durations combine days, hours, minutes and seconds`() throws {
        let configuration = try ConfigurationText.decode(
            ConfigurationText.minimal
                + "session: {rekey-after: 1m30s}\ntopology: {file: /t, maximum-age: 1h30m}\n"
                + "identity: {trust-file: /c, revocations-file: /r, revocations-max-age: 1d12h}\n")
        #expect(configuration.session.rekeyAfter == .seconds(90))
        #expect(configuration.topology?.maximumAge == .seconds(5400))
        #expect(configuration.identity?.revocationsMaximumAge == .seconds(129_600))
    }

    @Test func `a topology makes known routes a requirement, unless the policy says otherwise`() throws {
        let topology = "topology: {file: /var/lib/sealane/topology.json}\n"
        let required = try ConfigurationText.decode(ConfigurationText.minimal + topology)
        #expect(required.topology?.file == "/var/lib/sealane/topology.json")
        #expect(required.topology?.maximumAge == .seconds(86400))
        #expect(required.policy == Policy(reactions: [.routes: .require]))
        let warned = try ConfigurationText.decode(
            ConfigurationText.minimal + topology + "policy: {path: {routes: warn}}\n")
        #expect(warned.policy == Policy(reactions: [.routes: .warn]))
        let none = try ConfigurationText.decode(ConfigurationText.minimal)
        #expect(none.topology == nil)
        #expect(none.policy == Policy() && none.policy[.routes] == .refuse)
    }

    @Test func `the smallest file gets the documented defaults`() throws {
        let configuration = try ConfigurationText.decode(ConfigurationText.minimal)
        #expect(configuration.agent.interface == "sealane0")
        #expect(configuration.agent.listen.description == "10.77.0.1:7325")
        #expect(configuration.agent.addresses.map(\.description) == ["10.78.0.1/24"])
        #expect(configuration.agent.privateKeyFile == "/etc/sealane/private.key")
        #expect(!configuration.agent.generatesKeys)
        #expect(configuration.agent.stateDirectory == "/var/lib/sealane")
        #expect(configuration.agent.controlSocket == "/run/sealane/control.sock")
        #expect(configuration.agent.mtu == nil)
        #expect(configuration.crypto.provider == nil)
        #expect(configuration.crypto.suites == nil)
        #expect(configuration.lanes.count == nil)
        #expect(configuration.lanes.processors == [])
        #expect(!configuration.lanes.spins)
        #expect(configuration.offloads == Dictionary(uniqueKeysWithValues: Offload.allCases.map { ($0, .auto) }))
        #expect(configuration.fleetName == "sealane")
        #expect(configuration.metadata.use == .auto)
        #expect(configuration.metadata.endpoint == nil)
        #expect(configuration.policy == Policy())
        #expect(configuration.session.rekeyAfter == .seconds(120))
        #expect(configuration.logLevel == .info)
        #expect(configuration.auditLogPath == nil)
        #expect(configuration.metricsListen == nil)
        let peer = try #require(configuration.peers.first)
        #expect(peer.name == "b")
        #expect(peer.addresses.map(\.description) == ["10.78.0.2/32"])
        #expect(peer.facts[.instanceType] == Fact("m5n.xlarge", .stated))
        #expect(peer.facts[.account] == nil)
        #expect(peer.presharedKeyFile == nil)
    }

    @Test func `every key of the schema can be set`() throws {
        let text = """
            agent:
              interface: tun-a.0
              listen: "[fd77::1]:7325"
              addresses: [10.78.0.1/24, fd78::1/64]
              private-key-file: /k
              generate-keys: on
              ephemeral: off
              state-directory: /s
              control-socket: /c.sock
              mtu: 1400
            crypto: {provider: libsodium, suites: [chacha20-poly1305, aes-256-gcm]}
            lanes: {count: 64, processors: [3, 0, 3], spin: on}
            offload: {checksum: on, tso4: off, tso6: on, uso: auto, gso: off, gro: on}
            fleet: {name: blue}
            instance:
              {id: i-0a, type: c5n.large, account: 012345678901, region: r, zone: no, vpc: 1e3, subnet: ~, metadata: on,
              metadata-endpoint: "127.0.0.1:1338"}
            peers:
              - name: b
                endpoint: "[fd77::2]:7325"
                public-key: \(ConfigurationText.key(1))
                addresses: [10.78.0.2/32, fd78::2]
                preshared-key-file: /p
                instance: {id: i-0b, type: m5n.xlarge, account: "123456789012", region: r, zone: z, vpc: v, subnet: s}
            policy:
              extra-families: [zz9n]
              denied-families: [c5n]
              peerings:
                - {id: pcx-1, vpcs: [vpc-0a, vpc-0b], region: r}
                - {id: pcx-2, vpcs: [vpc-0a, vpc-0c], regions: [r, q], status: deleted}
              rules: {types: ignore, vpc: warn, region: refuse}
              path: {translation: ignore, forwarding: warn, hops: 3, mtu: warn}
            session: {rekey-after: 2s}
            log: {level: debug}
            audit-log: {path: /a.jsonl}
            metrics: {listen: "[fd77::1]:9325"}
            """
        let configuration = try ConfigurationText.decode(text)
        #expect(configuration.agent.interface == "tun-a.0")
        #expect(configuration.agent.privateKeyFile == "/k")
        #expect(configuration.agent.generatesKeys)
        #expect(configuration.agent.mtu == 1400)
        #expect(configuration.agent.controlSocket == "/c.sock")
        #expect(configuration.crypto.provider == .libsodium)
        #expect(configuration.crypto.suites == [.chaCha20Poly1305, .aes256GCM])
        #expect(configuration.lanes.count == 64)
        #expect(configuration.lanes.processors == [3, 0, 3])
        #expect(configuration.lanes.spins)
        #expect(
            configuration.offloads
                == [.checksum: .on, .tso4: .off, .tso6: .on, .uso: .auto, .gso: .off, .gro: .on])
        #expect(configuration.fleetName == "blue")
        #expect(configuration.session.rekeyAfter == .seconds(2))
        #expect(configuration.logLevel == .debug)
        #expect(configuration.auditLogPath == "/a.jsonl")
        #expect(configuration.metricsListen?.description == "[fd77::1]:9325")
        #expect(configuration.peers.first?.presharedKeyFile == "/p")
        #expect(configuration.policy.extraFamilies == ["zz9n"])
        #expect(configuration.policy.deniedFamilies == ["c5n"])
        #expect(
            configuration.policy.peerings == [
                Peering(id: "pcx-1", requesterVPC: "vpc-0a", accepterVPC: "vpc-0b", region: "r", status: "active"),
                Peering(
                    id: "pcx-2", requesterVPC: "vpc-0a", requesterRegion: "r", accepterVPC: "vpc-0c",
                    accepterRegion: "q", status: "deleted"),
            ])
        #expect(
            configuration.policy.changedReactions == [
                .types: .ignore, .vpc: .warn, .translation: .ignore, .forwarding: .warn, .mtu: .warn,
            ])
        #expect(configuration.policy.hops == 3)
        #expect(configuration.facts[.account]?.value == "012345678901")
        #expect(configuration.metadata.use == .on)
        #expect(configuration.metadata.endpoint == Endpoint("127.0.0.1:1338"))
    }

    @Test(arguments: [
        ("", "Amazon EC2", true), ("", "QEMU", false), ("", nil, false), ("", "Amazon EC2 ", false),
        ("  metadata: auto\n", "Amazon EC2", true), ("  metadata-endpoint: 127.0.0.1:1338\n", nil, true),
        ("  metadata: on\n", nil, true), ("  metadata: off\n", "Amazon EC2", false),
    ])
    func `instance metadata is asked on EC2, where an endpoint is named, and where the configuration insists`(
        _ text: String, _ vendor: String?, _ isAsked: Bool
    ) throws {
        let metadata = try ConfigurationText.decode(
            ConfigurationText.minimal(replacing: "  type: c5n.large\n", by: text)
        ).metadata
        #expect(metadata.isAsked(hardwareVendor: vendor) == isAsked)
    }

    @Test(arguments: [
        ("lanes: 2", 2), ("lanes: auto", nil), ("lanes: {count: 2}", 2), ("lanes: {count: auto}", nil),
        ("lanes: {}", nil), ("lanes: '3'", 3),
    ])
    func `lanes are a number, auto, or a section`(text: String, count: UInt8?) throws {
        let lanes = try ConfigurationText.decode(ConfigurationText.minimal(replacing: "agent:", by: text + "\nagent:"))
            .lanes
        #expect(lanes.count == count)
        #expect(lanes.processors == [] && !lanes.spins)
    }

    @Test(arguments: [("on", true), ("true", true), ("off", false), ("false", false)])
    func `what is on or off may be true or false as well`(_ text: String, _ isOn: Bool) throws {
        func decode(_ old: String, _ new: String) throws -> Configuration {
            try ConfigurationText.decode(ConfigurationText.minimal(replacing: old, by: new))
        }
        #expect(try decode("  listen:", "  generate-keys: \(text)\n  listen:").agent.generatesKeys == isOn)
        #expect(try decode("agent:", "lanes: {spin: \(text)}\nagent:").lanes.spins == isOn)
    }

    @Test func `with authorities, certificates are required unless that is turned off by name`() throws {
        func requires(_ more: String) throws -> Bool {
            try ConfigurationText.decode(ConfigurationText.minimal(replacing: "agent:", by: more + "agent:"))
                .policy.requiresCertificate
        }
        let identity = "identity: {trust-file: /etc/sealane/ca.pem}\n"
        #expect(try requires(identity))
        #expect(try requires(identity + "policy: {denied-families: [m5n]}\n"))
        #expect(try requires(identity + "policy: {proof: {type: stated}}\n"))
        #expect(try requires(identity + "policy: {require-certificate: true}\n"))
        for off in ["false", "off"] { #expect(try !requires(identity + "policy: {require-certificate: \(off)}\n")) }
        #expect(try !requires(""))
        #expect(try !requires("policy: {denied-families: [m5n]}\n"))
    }

    @Test func `a peering of other VPCs than the stated ones may be of any Region`() throws {
        let text = ConfigurationText.minimal(
            replacing: "agent:",
            by: """
                policy:
                  peerings:
                    - {id: pcx-1, vpcs: [vpc-0a, vpc-0b], region: us-east-1}
                    - {id: pcx-2, vpcs: [vpc-0c, vpc-0d], region: eu-west-1}
                    - {id: pcx-3, vpcs: [vpc-0a, vpc-0e], regions: [us-east-1, eu-west-1]}
                  proof: {vpc: certificate, subnet: stated}
                identity: {trust-file: /etc/sealane/ca.pem}
                agent:
                """)
        #expect(try ConfigurationText.decode(text).policy.peerings.count == 3)
    }

    @Test(arguments: [
        (
            "10.77.0.1:7325", "127.0.0.1:7325",
            "127.0.0.1:7325 is on the loopback, and this host's listen endpoint 10.77.0.1:7325 is not"
        ),
        (
            "127.0.0.1:7325", "10.77.0.2:7325",
            "10.77.0.2:7325 is not on the loopback, and this host's listen endpoint 127.0.0.1:7325 is"
        ),
    ])
    func `a peer that the listen address cannot reach is refused when the agent starts`(
        _ listen: String, _ endpoint: String, _ problem: String
    ) throws {
        let text = ConfigurationText.minimal(replacing: "10.77.0.2:7325", by: endpoint)
            .replacing("listen: 10.77.0.1:7325", with: "listen: \(listen)")
        let addresses = try hostAddresses("10.77.0.1", "127.0.0.1")
        #expect {
            try ConfigurationText.decode(text).validate(hostAddresses: addresses)
        } throws: { error in
            "\(error)" == "f: endpoint of peer b: \(problem); "
                + "the loopback reaches only this host: expected the underlay addresses of both hosts"
        }
        let both = text.replacing(endpoint, with: listen.replacing("0.1:", with: "0.2:"))
        try ConfigurationText.decode(both).validate(hostAddresses: addresses + (try hostAddresses("127.0.0.2")))
    }

    private func hostAddresses(_ all: String...) throws -> [HostAddress] {
        try all.map { HostAddress(address: try address($0), interface: "eth0") }
    }

    @Test(arguments: [
        (HostAddress.State.tentative, "is tentative: duplicate address detection has not finished", true),
        (
            .duplicate,
            "is not usable: duplicate address detection (DADFAILED) has found another host with it; "
                + "expected an address that only this host has", false
        ),
    ])
    func `an address that duplicate address detection holds back is told so, and only a tentative one is valid`(
        _ state: HostAddress.State, _ said: String, _ isValid: Bool
    ) throws {
        let text = ConfigurationText.minimal(replacing: "10.77.0.2:7325", by: "'[fd77::2]:7325'")
            .replacing("listen: 10.77.0.1:7325", with: "listen: '[fd77::1]:7325'")
        let configuration = try ConfigurationText.decode(text)
        let held = HostAddress(address: try address("fd77::1"), interface: "eth0", state: state)
        let problems = configuration.listenProblems(among: [held])
        #expect(problems.map { "\($0.problem)" } == ["f:2:11: fd77::1 on eth0 \(said)"])
        #expect(problems.map(\.kind) == [isValid ? .tentative : .duplicate])
        #expect(((try? configuration.validate(hostAddresses: [held])) != nil) == isValid)
        // The same address on another interface is as good.
        let usable = HostAddress(address: try address("fd77::1"), interface: "eth1")
        #expect(configuration.listenProblems(among: [held, usable]).isEmpty)
    }

    @Test func `a link-local address counts on its interface alone`() throws {
        let text = ConfigurationText.minimal(replacing: "10.77.0.2:7325", by: "'[fe80::2]:7325'")
            .replacing("listen: 10.77.0.1:7325", with: "listen: '[fe80::1%eth0]:7325'")
        let configuration = try ConfigurationText.decode(text)
        #expect(configuration.agent.listening.description == "[fe80::1%eth0]:7325")
        let elsewhere = HostAddress(address: try address("fe80::1"), interface: "eth1")
        let here = HostAddress(address: try address("fe80::1"), interface: "eth0")
        #expect(
            configuration.listenProblems(among: [elsewhere]).map { "\($0.problem)" } == [
                "f:2:11: fe80::1%eth0 is not an address of this host; expected fe80::1%eth1"
            ])
        #expect(throws: Never.self) { try configuration.validate(hostAddresses: [elsewhere, here]) }
        let mixed = text.replacing("[fe80::2]:7325", with: "[fd77::2]:7325")
        let error = #expect(throws: ConfigurationError.self) { try ConfigurationText.decode(mixed).validateReach() }
        #expect(
            error?.description
                == "f: endpoint of peer b: [fd77::2]:7325 is not link-local, and this host's listen endpoint "
                + "[fe80::1]:7325 is; link-local addresses reach only each other: expected both in fe80::/10, or neither"
        )
        let other = ConfigurationChange(
            from: configuration,
            to: try ConfigurationText.decode(text.replacing("fe80::1%eth0", with: "fe80::1%eth1")))
        #expect(other.restartKeys == ["agent.listen"])
    }

    @Test func `a peer with this host's own public key is refused with its place`() throws {
        let configuration = try ConfigurationText.decode(ConfigurationText.minimal)
        let own = try #require(PublicKey(ConfigurationText.key(1)))
        #expect {
            try configuration.validate(ownKey: own)
        } throws: { error in
            "\(error)" == "f:12:17: public key of peer b: \(own) is this host's own public key; "
                + "expected the peer's own key: run sealane key public on that host"
        }
        try configuration.validate(ownKey: try #require(PublicKey(ConfigurationText.key(2))))
        #expect(configuration.publicKeyOnDisk == nil, "there is no such file")
    }

    @Test func `an ephemeral key needs no file`() throws {
        let text = ConfigurationText.minimal(
            replacing: "private-key-file: /etc/sealane/private.key", by: "ephemeral: on")
        #expect(try ConfigurationText.decode(text).agent.privateKeyFile == nil)
    }

    @Test func `the ports of all lanes may reach up to the last`() throws {
        let text = ConfigurationText.minimal(
            replacing: "agent:\n  listen: 10.77.0.1:7325", by: "lanes: 3\nagent:\n  listen: 10.77.0.1:65533")
        #expect(try ConfigurationText.decode(text).lanes.count == 3)
    }

    @Test func `an empty list of suites leaves the choice open`() throws {
        let text = ConfigurationText.minimal(replacing: "agent:", by: "crypto: {suites: []}\nagent:")
        #expect(try ConfigurationText.decode(text).crypto.suites == nil)
    }

    @Test func `scalars are what is written, never what YAML guesses`() throws {
        let text = ConfigurationText.minimal(
            replacing: "  type: c5n.large",
            by: "  type: c5n.large\n  account: 012345678901\n  zone: no\n  subnet: 0x1F\n  id: 1_000")
        let facts = try ConfigurationText.decode(text).facts
        #expect(facts[.account]?.value == "012345678901")
        #expect(facts[.zone]?.value == "no")
        #expect(facts[.subnet]?.value == "0x1F")
        #expect(facts[.instanceID]?.value == "1_000")
    }

    @Test func `this host's overlay addresses are among its facts, each as a host`() throws {
        let configuration = try ConfigurationText.decode(ConfigurationText.minimal)
        #expect(configuration.facts.addresses?.value.map(\.description) == ["10.78.0.1/32"])
    }

    @Test(arguments: ["type", "region", "vpc"])
    func `a fact that is left out is unknown, not an error`(_ key: String) throws {
        let lines = ConfigurationText.minimal.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.filter { !$0.hasPrefix("  \(key):") }.joined(separator: "\n")
        let facts = try ConfigurationText.decode(text).facts
        #expect(FactName(rawValue: key).flatMap { facts[$0] } == nil)
    }

    @Test func `a file without peers is complete`() throws {
        let text = String(
            ConfigurationText.minimal.prefix(
                upTo: try #require(ConfigurationText.minimal.range(of: "peers:")).lowerBound))
        #expect(try ConfigurationText.decode(text).peers == [])
        #expect(try ConfigurationText.decode(text + "peers: []\n").peers == [])
    }

    @Test(arguments: DecoderCase.all)
    func `what is wrong is told with its place and with what would be right`(_ example: DecoderCase) {
        let text = ConfigurationText.minimal(replacing: example.old, by: example.new)
        #expect(ConfigurationText.problems(text) == example.problems)
    }

    @Test func `all problems of a file are told at once, in the order of its lines`() {
        let text = """
            agnet: {}
            peers:
              - name: b
                endpoint: 10.77.0.2
                addresses: 10.78.0.2/32
            """
        #expect(
            ConfigurationText.problems(text) == [
                "f:1:1: unknown key \"agnet\" at the top level; did you mean agent?",
                "f:1:1: agent is missing; expected keys and values (keys: interface, listen, addresses, "
                    + "private-key-file, generate-keys, ephemeral, state-directory, control-socket, mtu)",
                "f:1:1: instance is missing; expected keys and values "
                    + "(keys: id, type, account, region, zone, vpc, subnet, metadata, metadata-endpoint)",
                "f:3:5: peers[0].public-key is missing; expected the peer's public key, 44 characters of base64",
                "f:3:5: peers[0].instance is missing; expected keys and values "
                    + "(keys: id, type, account, region, zone, vpc, subnet)",
                "f:4:15: peers[0].endpoint: \"10.77.0.2\" is not an endpoint; "
                    + "expected address:port such as 10.0.0.1:7325 or [fd00::1]:7325",
                "f:5:16: peers[0].addresses is the text \"10.78.0.2/32\"; expected a list such as [a, b], or [] for none",
            ])
    }

    @Test(arguments: [
        ("", "f: the file is empty; expected the sections agent, instance and peers"),
        ("# nothing\n", "f: the file is empty; expected the sections agent, instance and peers"),
        ("agent: [\n", "f:2:1: not valid YAML: did not find expected node content while parsing a flow node"),
        ("a: b: c\n", "f:1:5: not valid YAML: mapping values are not allowed in this context"),
        ("agent: *nobody\n", "f:1:8: not valid YAML: found undefined alias"),
        (
            "a: 1\n---\nb: 2\n",
            "f:2:1: not valid YAML: but found another document expected a single document in the stream"
        ),
        (
            "log: {level: a, level: b}\n",
            "f:1:7: \"level\" is given more than once in one mapping; expected each key once"
        ),
        (
            "just text\n",
            "f:1:1: the file is the text \"just text\"; expected keys and values "
                + "(keys: agent, crypto, lanes, offload, fleet, instance, identity, peers, policy, topology, session, log, audit-log, metrics)"
        ),
    ])
    func `a file that is no configuration at all is told as such`(_ text: String, _ expected: String) {
        #expect(ConfigurationText.problems(text) == [expected])
    }

    @Test func `garbage never does more than fail`() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("agent:\n  - [{}]\"'&*!|>%@`#,?0~<\t\u{0}é")
        for _ in 0..<2000 {
            let text = String(
                (0..<Int.random(in: 0...60, using: &random)).compactMap { _ in
                    alphabet.randomElement(using: &random)
                })
            #expect(!ConfigurationText.problems(text).isEmpty, "\(text.debugDescription)")
        }
    }

    @Test func `a file that cannot be read is told with its path`() throws {
        let missing = #expect(throws: ConfigurationError.self) { try ConfigurationDecoder.read("/nonexistent/x.yaml") }
        #expect(
            missing?.description
                == "/nonexistent/x.yaml: there is no such file; expected a configuration file, as in Examples/")
        let scratch = try ScratchDirectory()
        let path = scratch.path("sealane.yaml")
        try Data([0x61, 0x3a, 0xff, 0x0a]).write(to: URL(filePath: path))
        let binary = #expect(throws: ConfigurationError.self) { try ConfigurationDecoder.read(path) }
        #expect(binary?.description == "\(path): the file is not UTF-8 text; expected YAML")
        try Data(ConfigurationText.minimal.utf8).write(to: URL(filePath: path))
        #expect(try ConfigurationDecoder.read(path).peers.count == 1)
    }

    @Test func `an address that is not this host's is refused, with those that are`() throws {
        let configuration = try ConfigurationText.decode(ConfigurationText.minimal)
        let own = try hostAddresses("10.77.0.1", "127.0.0.1")
        #expect(throws: Never.self) { try configuration.validate(hostAddresses: own) }
        let others = try hostAddresses("10.77.0.9", "127.0.0.1", "fd00::9")
        let error = #expect(throws: ConfigurationError.self) { try configuration.validate(hostAddresses: others) }
        #expect(
            error?.description
                == "f:2:11: 10.77.0.1 is not an address of this host; expected one of 10.77.0.9, 127.0.0.1")
    }

    @Test func `metrics are served on an address of this host, or one that the tunnel gives it, or not at all`() throws
    {
        func validate(_ listen: String) throws {
            try ConfigurationText.decode(ConfigurationText.minimal + "metrics: {listen: '\(listen)'}\n")
                .validate(hostAddresses: hostAddresses("10.77.0.1", "127.0.0.1", "::1"))
        }
        for own in ["10.77.0.1:9325", "127.0.0.1:7325", "10.78.0.1:1", "[::1]:65535"] {
            #expect(throws: Never.self) { try validate(own) }
        }
        let error = #expect(throws: ConfigurationError.self) { try validate("10.77.0.2:9325") }
        #expect(
            error?.description == "f:15:19: 10.77.0.2 is not an address of this host; "
                + "expected one of 10.77.0.1, 10.78.0.1, 127.0.0.1")
    }

    @Test func `a problem that shows later can be told at its place`() throws {
        let text = ConfigurationText.minimal(
            replacing: "    endpoint:", by: "    preshared-key-file: /p\n    endpoint:")
        let configuration = try ConfigurationText.decode(text)
        let problem = configuration.source.problem(at: "peers[0].preshared-key-file", "is not there")
        #expect(problem.description == "f:11:25: is not there")
        #expect(configuration.source.problem(at: "agent.mtu", "too great").description == "f: too great")
    }
}
