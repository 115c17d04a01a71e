import AgentTestSupport
import SealaneConfiguration
import SealaneEligibility
import Testing

struct ConfigurationChangeTests {
    private func change(to text: String) throws -> ConfigurationChange {
        ConfigurationChange(
            from: try ConfigurationText.decode(ConfigurationText.minimal), to: try ConfigurationText.decode(text))
    }

    @Test func `comments, blank lines and another order change nothing`() throws {
        let change = try change(
            to: "# moved\n\n"
                + ConfigurationText.minimal(
                    replacing: "  region: us-east-1\n  vpc: vpc-0a", by: "  vpc: vpc-0a\n  region: us-east-1"))
        #expect(change.isEmpty)
    }

    @Test func `peers that came, went and changed are told apart by name`() throws {
        let other = """
              - name: c
                endpoint: 10.77.0.3:7325
                public-key: \(ConfigurationText.key(2))
                addresses: [10.78.0.3/32]
                instance: {}
            """
        let added = try change(to: ConfigurationText.minimal + other)
        #expect(added.addedPeers.map(\.name) == ["c"])
        #expect(added.removedPeers.isEmpty && added.changedPeers.isEmpty && added.restartKeys.isEmpty)

        let renamed = try change(to: ConfigurationText.minimal(replacing: "name: b", by: "name: bb"))
        #expect(renamed.addedPeers.map(\.name) == ["bb"])
        #expect(renamed.removedPeers.map(\.name) == ["b"])

        let moved = try change(to: ConfigurationText.minimal(replacing: "10.77.0.2:7325", by: "10.77.0.4:7325"))
        #expect(moved.changedPeers.map(\.old.endpoint.description) == ["10.77.0.2:7325"])
        #expect(moved.changedPeers.map(\.new.endpoint.description) == ["10.77.0.4:7325"])
        #expect(moved.addedPeers.isEmpty && moved.removedPeers.isEmpty && !moved.isPolicyChanged)

        let restated = try change(to: ConfigurationText.minimal(replacing: "m5n.xlarge", by: "m5n.large"))
        #expect(restated.changedPeers.map(\.new.name) == ["b"])
    }

    @Test func `a changed policy is told, and nothing else with it`() throws {
        let change = try change(to: ConfigurationText.minimal + "policy: {denied-families: [m5n]}\n")
        #expect(change.isPolicyChanged)
        #expect(change.restartKeys.isEmpty && change.changedPeers.isEmpty)
    }

    @Test(arguments: [
        ("  listen: 10.77.0.1:7325", "  listen: 10.77.0.1:7326", ["agent.listen"]),
        ("10.78.0.1/24", "10.78.0.9/24", ["agent.addresses"]),
        ("/etc/sealane/private.key", "/k", ["agent.private-key-file"]),
        (
            "private-key-file: /etc/sealane/private.key", "ephemeral: on",
            ["agent.private-key-file", "agent.ephemeral"]
        ),
        ("  listen:", "  generate-keys: on\n  listen:", ["agent.generate-keys"]),
        ("  listen:", "  interface: tun9\n  mtu: 1400\n  listen:", ["agent.interface", "agent.mtu"]),
        (
            "  listen:", "  state-directory: /s\n  control-socket: /c\n  listen:",
            [
                "agent.state-directory", "agent.control-socket",
            ]
        ),
        ("  type: c5n.large", "  type: c5n.xlarge", ["instance.type"]),
        ("  vpc: vpc-0a\n", "  vpc: vpc-0b\n  subnet: s\n", ["instance.vpc", "instance.subnet"]),
        (
            "  type: c5n.large", "  metadata: on\n  metadata-endpoint: 127.0.0.1:1338\n  type: c5n.large",
            ["instance.metadata", "instance.metadata-endpoint"]
        ),
        (
            "agent:", "fleet: {name: x}\nsession: {rekey-after: 2s}\nlog: {level: debug}\nagent:",
            [
                "fleet.name", "session.rekey-after", "log.level",
            ]
        ),
        ("agent:", "fleet: {name: sealane}\nsession: {rekey-after: 120s}\nlog: {level: info}\nagent:", []),
        (
            "agent:", "crypto: {provider: libsodium, suites: [aes-256-gcm]}\nagent:",
            ["crypto.provider", "crypto.suites"]
        ),
        ("agent:", "lanes: 2\nagent:", ["lanes.count"]),
        ("agent:", "metrics: {listen: 10.77.0.1:9325}\nagent:", ["metrics.listen"]),
        ("agent:", "audit-log: {path: /a.jsonl}\nagent:", ["audit-log.path"]),
        ("agent:", "metrics: {}\nagent:", []),
        (
            "agent:", "lanes: {count: 1, processors: [0], spin: on}\nagent:",
            ["lanes.count", "lanes.processors", "lanes.spin"]
        ),
        (
            "agent:", "offload: {checksum: on, tso4: off, tso6: off, uso: off, gso: off, gro: off}\nagent:",
            ["checksum", "tso4", "tso6", "uso", "gso", "gro"].map { "offload.\($0)" }
        ),
        (
            "agent:",
            "crypto: {provider: auto}\nlanes: auto\noffload: {checksum: auto, tso4: auto, gro: auto}\nagent:", []
        ),
    ])
    func `keys that need a restart are named`(_ old: String, _ new: String, _ keys: [String]) throws {
        let change = try change(to: ConfigurationText.minimal(replacing: old, by: new))
        #expect(change.restartKeys == keys)
        #expect(change.changedPeers.isEmpty && !change.isPolicyChanged)
    }

    @Test func `exactly peers, policy, identity and topology are reloadable`() {
        for key in ConfigurationKey.all {
            let isReloadable = ["peers[]", "policy.", "identity.", "topology."].contains { key.path.hasPrefix($0) }
            #expect(key.isReloadable == isReloadable, "\(key.path)")
        }
    }
}
