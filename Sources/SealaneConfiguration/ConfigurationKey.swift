import SealaneLinux
import SealaneEligibility

/// One key of the configuration file. All keys together are the schema.
package struct ConfigurationKey: Sendable {
    /// `agent.listen`; `[]` stands for every element of a list: `peers[].name`.
    package let path: String
    /// Describes the value, in the documentation and in the message about a missing key.
    package let summary: String
    /// The value as text, to detect a change that needs a restart of the agent. Nil: the key is reloadable.
    let restartValue: (@Sendable (Configuration) -> String)?

    /// Whether `sealane reload` applies a change of this key without ending sessions.
    package var isReloadable: Bool { restartValue == nil }

    private init(_ path: String, _ summary: String, restart: (@Sendable (Configuration) -> String)? = nil) {
        self.path = path
        self.summary = summary
        self.restartValue = restart
    }

    /// Every key, in the order in which files are written.
    package static let all: [ConfigurationKey] =
        [
            ConfigurationKey("agent.interface", "the tunnel device's name, 1 to 15 characters; default sealane0") {
                $0.agent.interface
            },
            ConfigurationKey("agent.listen", "the underlay address and port of this host, such as 10.0.0.1:7325") {
                "\($0.agent.listening)"
            },
            ConfigurationKey("agent.addresses", "this host's overlay addresses, such as [10.78.0.1/24]") {
                "\($0.agent.addresses)"
            },
            ConfigurationKey("agent.private-key-file", "the path of the file that `sealane key generate` filled") {
                $0.agent.privateKeyFile ?? "none"
            },
            ConfigurationKey("agent.generate-keys", "create missing key files: on or off; default off") {
                "\($0.agent.generatesKeys)"
            },
            ConfigurationKey("agent.ephemeral", "keep the private key in memory only: on or off; default off") {
                "\($0.agent.privateKeyFile == nil)"
            },
            ConfigurationKey("agent.state-directory", "the directory for state; default /var/lib/sealane") {
                $0.agent.stateDirectory
            },
            ConfigurationKey("agent.control-socket", "the control socket's path; default /run/sealane/control.sock") {
                $0.agent.controlSocket
            },
            ConfigurationKey("agent.mtu", "the tunnel device's MTU in bytes; default: from the egress interface") {
                $0.agent.mtu.map { "\($0)" } ?? "auto"
            },
            ConfigurationKey("crypto.provider", "the library that encrypts: auto, libsodium or ipsec-mb; default auto")
            {
                $0.crypto.provider?.rawValue ?? "auto"
            },
            ConfigurationKey("crypto.suites", "cipher suites, best first: aes-256-gcm, chacha20-poly1305") {
                "\($0.crypto.suites ?? [])"
            },
            ConfigurationKey("lanes.count", "threads that carry packets: auto, or 1 to 64; default auto") {
                $0.lanes.count.map { "\($0)" } ?? "auto"
            },
            ConfigurationKey("lanes.processors", "processors that lanes are bound to, such as [2, 3]; default none") {
                "\($0.lanes.processors)"
            },
            ConfigurationKey("lanes.spin", "poll for a while before sleeping: on or off; default off") {
                "\($0.lanes.spins)"
            },
        ] + offloadKeys
        + [
            ConfigurationKey("fleet.name", "the fleet's name, the same on all its hosts; default sealane") {
                $0.fleetName
            }
        ] + instanceKeys("instance", isReloadable: false)
        + [
            ConfigurationKey("instance.metadata", "whether to ask instance metadata: auto, off or on; default auto") {
                $0.metadata.use.rawValue
            },
            ConfigurationKey(
                "instance.metadata-endpoint",
                "the metadata service's endpoint, such as 127.0.0.1:1338; default 169.254.169.254:80 and [fd00:ec2::254]:80"
            ) {
                $0.metadata.endpoint.map { "\($0)" } ?? "default"
            },
            ConfigurationKey("identity.trust-file", "the path of the fleet's authorities, certificates in PEM"),
            ConfigurationKey("identity.certificate-file", "the path of this host's certificate, in PEM; default none"),
            ConfigurationKey("identity.key-file", "the path of that certificate's key, Ed25519 in PEM"),
            ConfigurationKey("identity.revocations-file", "the path of the fleet's revocation list; default none"),
            ConfigurationKey(
                "identity.revocations-max-age",
                "the greatest age of the revocation list, such as 12h or 7d; default 30d"),
            ConfigurationKey(
                "identity.revocations-stale", "what to do about an older revocation list: warn or refuse; default warn"),
            ConfigurationKey("peers[].name", "the peer's name, unique on this host"),
            ConfigurationKey("peers[].endpoint", "the peer's underlay address and port, such as 10.0.0.2:7325"),
            ConfigurationKey("peers[].public-key", "the peer's public key, 44 characters of base64"),
            ConfigurationKey("peers[].addresses", "the peer's overlay prefixes, such as [10.78.0.2/32]"),
        ] + instanceKeys("peers[].instance", isReloadable: true)
        + [
            ConfigurationKey(
                "peers[].preshared-key-file", "the path of the file with the secret shared with this peer; default none"
            ),
            ConfigurationKey("policy.extra-families", "instance families to accept besides the catalog's"),
            ConfigurationKey("policy.denied-families", "instance families to refuse whatever the catalog says"),
            ConfigurationKey("policy.peerings[].id", "the VPC peering's id, pcx-..."),
            ConfigurationKey("policy.peerings[].vpcs", "its two VPCs: requester, accepter"),
            ConfigurationKey("policy.peerings[].region", "the Region of both VPCs"),
            ConfigurationKey("policy.peerings[].regions", "the VPCs' Regions, in the order of vpcs"),
            ConfigurationKey("policy.peerings[].status", "its status code as AWS names it; default active"),
            ConfigurationKey(
                "policy.require-certificate",
                "whether to refuse peers without a certificate: on or off; default on with identity.trust-file, else off"
            ),
        ] + proofKeys + ruleKeys + pathKeys
        + [
            ConfigurationKey(
                "topology.file", "the path of the snapshot to judge routes by, from sealane topology pull"),
            ConfigurationKey(
                "topology.maximum-age", "the greatest age of the snapshot, such as 20s, 1h30m or 7d; default 24h"),
            ConfigurationKey("session.rekey-after", "2s to 120s; default 120s") { "\($0.session.rekeyAfter)" },
            ConfigurationKey("log.level", "trace, debug, info, notice, warning, error or critical; default info") {
                "\($0.logLevel)"
            },
            ConfigurationKey("audit-log.path", "the file that records requests and decisions; default: none") {
                $0.auditLogPath ?? "none"
            },
            ConfigurationKey(
                "metrics.listen", "this host's address and TCP port that serve metrics; default: none"
            ) {
                $0.metricsListen.map { "\($0)" } ?? "none"
            },
        ]

    private static var proofKeys: [ConfigurationKey] {
        FactName.allCases.map { name in
            ConfigurationKey(
                "policy.proof.\(name)",
                "how a peer's \(name) must be proven at least: \(Provenance.policyWords(for: name))")
        }
    }

    private static var ruleKeys: [ConfigurationKey] {
        RuleName.ofRulesSection.map { reactionKey("policy.rules", $0) }
    }

    private static func reactionKey(_ section: String, _ name: RuleName) -> ConfigurationKey {
        let reactions = name.rule.reactions.map(\.rawValue).joined(separator: ", ")
        let assumed =
            name == .routes ? "require with topology.file, else refuse" : name.rule.defaultReaction.rawValue
        return ConfigurationKey(
            "\(section).\(name)", "\(name.rule.trigger): \(reactions); default \(assumed)")
    }

    private static var pathKeys: [ConfigurationKey] {
        Rules.ofPath.map { reactionKey("policy.path", $0) }
            + [
                ConfigurationKey(
                    "policy.path.hops", "routers on the path that may decrement the TTL, 0 to 254; default 0")
            ]
    }

    private static var offloadKeys: [ConfigurationKey] {
        Offload.allCases.map { offload in
            ConfigurationKey("offload.\(offload.rawValue)", "\(offload.summary): auto, on or off; default auto") {
                "\($0.offloads[offload] ?? .auto)"
            }
        }
    }

    private static func instanceKeys(_ path: String, isReloadable: Bool) -> [ConfigurationKey] {
        FactName.allCases.map { name in
            let value: @Sendable (Configuration) -> String = { $0.facts[name]?.value ?? "unknown" }
            let absent = isReloadable ? "unknown, and refused" : "as instance metadata says, or unknown and refused"
            return ConfigurationKey(
                "\(path).\(name)", summary(of: name, absent: absent), restart: isReloadable ? nil : value)
        }
    }

    private static func summary(of fact: FactName, absent: String) -> String {
        switch fact {
        case .instanceID: "the instance's id, i-..."
        case .instanceType: "the instance's type, such as c5n.large; absent: \(absent)"
        case .account: "the account, 12 digits"
        case .region: "the Region, such as us-east-1; absent: \(absent)"
        case .zone: "the Availability Zone, such as us-east-1a"
        case .vpc: "the VPC, vpc-...; absent: \(absent)"
        case .subnet: "the subnet, subnet-..."
        }
    }

    /// The names of the keys directly under `path` (with `[]` for elements; empty: the top level), in order.
    static func children(of path: String) -> [String] {
        let prefix = path.isEmpty ? "" : path + "."
        var names: [String] = []
        for key in all where key.path.hasPrefix(prefix) {
            let rest = key.path.dropFirst(prefix.count)
            let name = rest.prefix { $0 != "." && $0 != "[" }
            if names.last.map({ $0 != name }) ?? true { names.append(String(name)) }
        }
        return names
    }

    /// The summary of the key at `path`; nil: the path has no single value.
    static func summary(of path: String) -> String? {
        all.first { $0.path == path }?.summary
    }
}
