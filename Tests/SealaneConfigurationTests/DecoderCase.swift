import AgentTestSupport
import SealaneEligibility
import Testing

/// One change to the smallest configuration, and every problem it makes.
struct DecoderCase: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let problems: [String]

    init(_ old: String, _ new: String, _ problems: String...) {
        self.init(old: old, new: new, problems: problems)
    }

    private init(old: String, new: String, problems: [String]) {
        self.old = old
        self.new = new
        self.problems = problems
    }

    var testDescription: String { new }

    static let all: [DecoderCase] = keys + host + dataplane + peers + policy

    private static let keys = [
        DecoderCase(
            "  listen:", "  mtuu: 1400\n  listen:", "f:2:3: unknown key \"mtuu\" in agent; did you mean mtu?"),
        DecoderCase(
            "  listen:", "  private_key_file: /k\n  listen:",
            "f:2:3: unknown key \"private_key_file\" in agent; did you mean private-key-file?"),
        DecoderCase(
            "  listen:", "  rekey-after: 9s\n  listen:",
            "f:2:3: unknown key \"rekey-after\" in agent; did you mean session.rekey-after?"),
        DecoderCase(
            "agent:", "colour: red\nagent:",
            "f:1:1: unknown key \"colour\" at the top level; "
                + "expected one of: agent, crypto, lanes, offload, fleet, instance, identity, peers, policy, topology, session, "
                + "log, audit-log, metrics"
        ),
        DecoderCase(
            "agent:", "[a]: b\nagent:", "f:1:1: a key of the file is a list; expected text"),
        DecoderCase(
            "  type: c5n.large", "  type:",
            "f:6:8: instance.type has no value; expected the instance's type, such as c5n.large; "
                + "absent: as instance metadata says, or unknown and refused"),
        DecoderCase(
            "  type: c5n.large", "  type: [c5n.large]",
            "f:6:9: instance.type is a list; expected the instance's type, such as c5n.large; "
                + "absent: as instance metadata says, or unknown and refused"),
        DecoderCase(
            "  type: c5n.large", "  type: ''",
            "f:6:9: instance.type: \"\" is not an instance type; expected 1 to 64 printable characters without spaces"),
        DecoderCase(
            "\npeers:\n", "\npolicy:\npeers:\n",
            "f:9:8: policy has no value; expected keys and values (keys: extra-families, denied-families, peerings, "
                + "require-certificate, proof, rules, path)"),
        DecoderCase(
            "peers:\n  - name: b", "peers:\n  - b\n  - name: b",
            "f:10:5: peers[0] is the text \"b\"; expected keys and values "
                + "(keys: name, endpoint, public-key, addresses, instance, preshared-key-file)"),
    ]

    private static let host = [
        DecoderCase(
            "  listen: 10.77.0.1:7325\n", "",
            "f:2:3: agent.listen is missing; expected the underlay address and port of this host, such as 10.0.0.1:7325"
        ),
        DecoderCase(
            "10.77.0.1:7325", "0.0.0.0:7325",
            "f:2:11: agent.listen: \"0.0.0.0:7325\" names no host; expected the address of one interface"),
        DecoderCase(
            "  addresses: [10.78.0.1/24]", "  addresses: []",
            "f:3:14: agent.addresses is empty; expected this host's overlay addresses, such as [10.78.0.1/24]"),
        DecoderCase(
            "10.78.0.1/24", "10.78.0.1/33",
            "f:3:15: agent.addresses[0]: \"10.78.0.1/33\" is not an address prefix; "
                + "expected address/length such as 10.78.0.2/32 or fd00::2/128"),
        DecoderCase(
            "10.78.0.1/24", "10.78.0.0/24",
            "f:3:15: agent.addresses[0]: \"10.78.0.0/24\" is the network itself; "
                + "expected this host's address in it, such as 10.78.0.1/24"),
        DecoderCase(
            "[10.78.0.1/24]", "[10.78.0.1/24, 10.78.0.1/32]",
            "f:3:29: 10.78.0.1 is already an address of this host (line 3); expected each address once"),
        DecoderCase(
            "[10.78.0.1/24]", "[10.78.0.1/24, 10.77.0.77/24]",
            "f:2:11: 10.77.0.1:7325 lies inside this host's overlay network 10.77.0.0/24 (line 3); "
                + "a tunnel cannot carry itself: expected this host's underlay address",
            "f:11:15: 10.77.0.2:7325 lies inside this host's overlay network 10.77.0.0/24 (line 3); "
                + "a tunnel cannot carry itself: expected the peer's underlay address"),
        DecoderCase(
            "  listen:", "  interface: sealane-tunnel-0\n  listen:",
            "f:2:14: agent.interface: \"sealane-tunnel-0\" is not an interface name; "
                + "expected 1 to 15 letters, digits, - _ and ."),
        DecoderCase(
            "  listen:", "  interface: tun%d\n  listen:",
            "f:2:14: agent.interface: \"tun%d\" is not an interface name; expected 1 to 15 letters, digits, - _ and ."),
        DecoderCase(
            "/etc/sealane/private.key", "private.key",
            "f:4:21: agent.private-key-file: \"private.key\" is not an absolute path; expected one that begins with /"),
        DecoderCase(
            "/etc/sealane/private.key", ConfigurationText.key(1),
            "f:4:21: agent.private-key-file: this is a key, not the path of one; expected the path of a file "
                + "that holds a new key, because others may have read this one"),
        DecoderCase(
            "  private-key-file: /etc/sealane/private.key\n", "  ephemeral: off\n",
            "f:2:3: agent.private-key-file is missing; "
                + "expected the path of the file that `sealane key generate` filled"),
        DecoderCase(
            "  listen:", "  ephemeral: on\n  listen:",
            "f:5:21: an ephemeral key is stored in no file; expected private-key-file or ephemeral, not both"),
        DecoderCase(
            "  listen:", "  generate-keys: /etc/sealane\n  listen:",
            "f:2:18: agent.generate-keys: \"/etc/sealane\" is not a possible setting; "
                + "expected one of: off, on, false, true"),
        DecoderCase(
            "  listen:", "  control-socket: /\(String(repeating: "x", count: 100))\n  listen:",
            "f:2:19: agent.control-socket: \"/\(String(repeating: "x", count: 79))…\" has 101 bytes; "
                + "expected at most 100, for a Unix socket"),
        DecoderCase(
            "  listen:", "  mtu: 1279\n  listen:",
            "f:2:8: agent.mtu: \"1279\" is not a possible MTU; expected a number from 1280 to 8941"),
        DecoderCase(
            "  listen:", "  mtu: 8942\n  listen:",
            "f:2:8: agent.mtu: \"8942\" is not a possible MTU; expected a number from 1280 to 8941"),
        DecoderCase(
            "  listen:", "  mtu: 1_400\n  listen:",
            "f:2:8: agent.mtu: \"1_400\" is not a possible MTU; expected a number from 1280 to 8941"),
        DecoderCase(
            "  type: c5n.large", "  type: c5n",
            "f:6:9: instance.type: \"c5n\" is not an instance type; expected family.size such as c5n.large"),
        DecoderCase(
            "agent:", "audit-log: {path: audit.jsonl}\nagent:",
            "f:1:19: audit-log.path: \"audit.jsonl\" is not an absolute path; expected one that begins with /"),
        DecoderCase(
            "agent:", "audit-log: /a.jsonl\nagent:",
            "f:1:12: audit-log is the text \"/a.jsonl\"; expected keys and values (keys: path)"),
        DecoderCase(
            "agent:", "metrics: {listen: 9325}\nagent:",
            "f:1:19: metrics.listen: \"9325\" is not an endpoint; "
                + "expected address:port such as 10.0.0.1:7325 or [fd00::1]:7325"),
        DecoderCase(
            "agent:", "metrics: {listen: '[::]:9325'}\nagent:",
            "f:1:19: metrics.listen: \"[::]:9325\" names no host; expected the address of one interface"),
        DecoderCase(
            "  type: c5n.large", "  metadata: yes",
            "f:6:13: instance.metadata: \"yes\" is not a possible setting; expected one of: auto, off, on"),
        DecoderCase(
            "  type: c5n.large", "  metadata-endpoint: http://127.0.0.1",
            "f:6:22: instance.metadata-endpoint: \"http://127.0.0.1\" is not an endpoint; "
                + "expected address:port such as 10.0.0.1:7325 or [fd00::1]:7325"),
        DecoderCase(
            "  type: c5n.large", "  metadata: off\n  metadata-endpoint: 127.0.0.1:1338",
            "f:7:22: 127.0.0.1:1338 would never be asked, because instance.metadata is off; expected auto or on, or no endpoint"
        ),
        DecoderCase(
            "instance: {type: m5n.xlarge", "instance: {metadata: on, type: m5n.xlarge",
            "f:14:16: unknown key \"metadata\" in peers[0].instance; did you mean instance.metadata?"),
        DecoderCase(
            "agent:", "session: {rekey-after: 120}\nagent:",
            "f:1:24: session.rekey-after: \"120\" is not a possible interval; expected a time from 2s to 120s"),
        DecoderCase(
            "agent:", "session: {rekey-after: 1s}\nagent:",
            "f:1:24: session.rekey-after: \"1s\" is not a possible interval; expected a time from 2s to 120s"),
        DecoderCase(
            "agent:", "session: {rekey-after: 121s}\nagent:",
            "f:1:24: session.rekey-after: \"121s\" is not a possible interval; expected a time from 2s to 120s"),
        DecoderCase(
            "agent:", "log: {level: loud}\nagent:",
            "f:1:14: log.level: \"loud\" is not a log level; "
                + "expected one of: trace, debug, info, notice, warning, error, critical"),
        DecoderCase(
            "agent:", "fleet: {name: 'a b'}\nagent:",
            "f:1:15: fleet.name: \"a b\" is not a fleet name; "
                + "expected 1 to 63 letters, digits, - _ and ., a letter or digit first"),
    ]

    private static func top(_ section: String, _ problems: String...) -> DecoderCase {
        DecoderCase(old: "agent:", new: "\(section)\nagent:", problems: problems)
    }

    private static let dataplane = [
        top(
            "crypto: {provider: openssl}",
            "f:1:20: crypto.provider: \"openssl\" is not a possible provider; "
                + "expected one of: auto, ipsec-mb, libsodium"),
        top(
            "crypto: {suites: [aes-128-gcm]}",
            "f:1:19: crypto.suites[0]: \"aes-128-gcm\" is not a possible cipher suite; "
                + "expected one of: aes-256-gcm, chacha20-poly1305"),
        top(
            "crypto: {suites: aes-256-gcm}",
            "f:1:18: crypto.suites is the text \"aes-256-gcm\"; expected a list such as [a, b], or [] for none"),
        top(
            "crypto: {suites: [aes-256-gcm, aes-256-gcm]}",
            "f:1:32: AES-256-GCM is given twice; expected each suite once"),
        top("crypto: {ciphers: []}", "f:1:10: unknown key \"ciphers\" in crypto; expected one of: provider, suites"),
        top(
            "lanes: 0",
            "f:1:8: lanes: \"0\" is not a possible number of lanes, or auto; expected a number from 1 to 64"),
        top(
            "lanes: two",
            "f:1:8: lanes: \"two\" is not a possible number of lanes, or auto; expected a number from 1 to 64"),
        DecoderCase(
            "agent:\n  listen: 10.77.0.1:7325", "lanes: 3\nagent:\n  listen: 10.77.0.1:65534",
            "f:3:11: 3 lanes need a port each, from 65534 on; expected a port up to 65533"),
        top("lanes:", "f:1:7: lanes has no value; expected keys and values (keys: count, processors, spin)"),
        top("lanes: [2]", "f:1:8: lanes is a list; expected keys and values (keys: count, processors, spin)"),
        top(
            "lanes: {count: 65}",
            "f:1:16: lanes.count: \"65\" is not a possible number of lanes, or auto; expected a number from 1 to 64"),
        top(
            "lanes: {processors: [0, 1024]}",
            "f:1:25: lanes.processors[1]: \"1024\" is not a possible processor; expected a number from 0 to 1023"),
        top(
            "lanes: {processors: 0}",
            "f:1:21: lanes.processors is the text \"0\"; expected a list such as [a, b], or [] for none"),
        top(
            "lanes: {spin: yes}",
            "f:1:15: lanes.spin: \"yes\" is not a possible setting; expected one of: off, on, false, true"),
        top("lanes: {spins: on}", "f:1:9: unknown key \"spins\" in lanes; did you mean spin?"),
        top(
            "offload: {tso4: true}",
            "f:1:17: offload.tso4: \"true\" is not a possible setting; expected one of: auto, off, on"),
        top("offload: {ufo: on}", "f:1:11: unknown key \"ufo\" in offload; did you mean uso?"),
        top(
            "offload: off",
            "f:1:10: offload is the text \"off\"; "
                + "expected keys and values (keys: checksum, tso4, tso6, uso, gso, gro)"),
    ]

    private static let secondPeer = """

          - name: c
            endpoint: 10.77.0.3:7325
            public-key: \(ConfigurationText.key(2))
            addresses: [10.78.0.3/32]
            instance: {}

        """

    /// `minimal` with a second peer on lines 15 to 19, with `new` instead of `old`.
    private static func second(_ old: String, _ new: String, _ problem: String) -> DecoderCase {
        let changed = secondPeer.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
        return DecoderCase("vpc: vpc-0a}\n", "vpc: vpc-0a}" + changed, problem)
    }

    private static let peers = [
        DecoderCase(
            ConfigurationText.key(1), String(ConfigurationText.key(1).dropLast()),
            "f:12:17: peers[0].public-key: public key has 43 characters; "
                + "expected 32 bytes as 44 characters of base64, as `sealane key public` prints them"),
        DecoderCase(
            ConfigurationText.key(1), String(repeating: "?", count: 44),
            "f:12:17: peers[0].public-key: public key is not base64 of 32 bytes; "
                + "expected 32 bytes as 44 characters of base64, as `sealane key public` prints them"),
        DecoderCase(
            "10.78.0.2/32", "10.79.0.2/24",
            "f:13:17: peers[0].addresses[0]: \"10.79.0.2/24\" has bits set beyond its length; "
                + "expected 10.79.0.0/24 or 10.79.0.2/32"),
        DecoderCase(
            "10.78.0.2/32", "169.254.0.0/16",
            "f:13:17: peers[0].addresses[0]: \"169.254.0.0/16\" is of 169.254.0.0/16 (link-local; instance metadata "
                + "answers there); expected addresses of hosts alone, such as 10.78.0.2/32 or fd78::2/128"),
        DecoderCase(
            "10.77.0.2:7325", "255.255.255.255:7325",
            "f:11:15: peers[0].endpoint: \"255.255.255.255:7325\" is of 255.255.255.255/32 (broadcast); "
                + "expected the address of one host such as 10.0.0.1:7325"),
        DecoderCase(
            "10.78.0.1/24", "127.0.0.1/8",
            "f:3:15: agent.addresses[0]: \"127.0.0.1/8\" is of 127.0.0.0/8 (loopback); "
                + "expected the address of a host, such as 10.78.0.1/24"),
        DecoderCase(
            "[10.78.0.2/32]", "[10.78.0.2/32, 10.78.0.2]",
            "f:13:31: 10.78.0.2/32 is given twice; expected each prefix once"),
        DecoderCase(
            "10.78.0.2/32", "10.78.0.0/24",
            "f:13:17: 10.78.0.0/24 contains this host's own address 10.78.0.1 (line 3); "
                + "expected addresses that only the peer has"),
        DecoderCase(
            "10.77.0.2:7325", "10.78.0.2:7325",
            "f:11:15: 10.78.0.2:7325 lies inside the overlay prefix 10.78.0.2/32 of peer b (line 13); "
                + "a tunnel cannot carry itself: expected the peer's underlay address"),
        DecoderCase(
            "10.77.0.2:7325", "10.77.0.1:7325",
            "f:11:15: 10.77.0.1:7325 is this host's own listen endpoint (line 2); "
                + "expected the peer's underlay address"),
        DecoderCase(
            "10.77.0.2:7325", "'[fd77::2]:7325'",
            "f:11:15: [fd77::2]:7325 is IPv6 and this host listens on IPv4 at 10.77.0.1:7325 (line 2); "
                + "both ends must use the same address family"),
        second(
            "name: c", "name: b",
            "f:15:11: \"b\" is already the name of a peer (line 10); every peer needs a name of its own"),
        second(
            ConfigurationText.key(2), ConfigurationText.key(1),
            "f:17:17: this public key is already that of peer b (line 12); every host needs a key of its own"),
        second(
            "10.77.0.3:7325", "10.77.0.2:7325",
            "f:16:15: 10.77.0.2:7325 is already the endpoint of peer b (line 11); every peer needs an endpoint of its own"
        ),
        second(
            "10.78.0.3/32", "10.78.0.2/32",
            "f:18:17: 10.78.0.2/32 overlaps 10.78.0.2/32 of peer b (line 13); an address can belong to one peer only"),
        second(
            "10.78.0.3/32", "10.78.0.2/31",
            "f:18:17: 10.78.0.2/31 overlaps 10.78.0.2/32 of peer b (line 13); an address can belong to one peer only"),
    ]

    private static func policy(_ text: String, _ problem: String) -> DecoderCase {
        DecoderCase("agent:", "policy: {\(text)}\nagent:", problem)
    }

    private static let policy = [
        DecoderCase(
            "\npeers:\n", "\npolicy: {path: {routes: require}}\npeers:\n",
            "f:9:25: routes are required, and no topology is named; expected topology.file"),
        DecoderCase(
            "\npeers:\n", "\npolicy: {path: {mtu: require}}\npeers:\n",
            "f:9:22: policy.path.mtu: \"require\" is not a possible setting; expected one of: refuse, warn, ignore"),
        DecoderCase(
            "\npeers:\n", "\npolicy: {rules: {types: require}}\npeers:\n",
            "f:9:25: policy.rules.types: \"require\" is not a possible setting; expected one of: refuse, warn, ignore"),
        // No certificate in disorder becomes a warning.
        DecoderCase(
            "\npeers:\n", "\npolicy: {rules: {certificate: warn}}\npeers:\n",
            "f:9:18: unknown key \"certificate\" in policy.rules; expected one of: "
                + Rules.ofHosts.filter { $0 != .host && $0 != .certificate }.map(\.rawValue).joined(separator: ", ")
        ),
        DecoderCase(
            "\npeers:\n", "\ntopology: {maximum-age: 24h}\npeers:\n",
            "f:9:11: topology.file is missing; expected the path of the snapshot to judge routes by, from sealane "
                + "topology pull"),
        DecoderCase(
            "\npeers:\n", "\ntopology: {file: /t, maximum-age: 0s}\npeers:\n",
            "f:9:35: topology.maximum-age: \"0s\" is not a time; expected one such as 20s, 1h30m or 7d"),
        DecoderCase(
            "\npeers:\n", "\nidentity: {trust-file: /t, revocations-max-age: 7d}\npeers:\n",
            "f:9:49: revocations-max-age needs a revocation list; expected identity.revocations-file"
        ),
        DecoderCase(
            "\npeers:\n", "\nidentity: {trust-file: /t, revocations-file: /r, revocations-max-age: 7}\npeers:\n",
            "f:9:71: identity.revocations-max-age: \"7\" is not a time; expected one such as 20s, 1h30m or 7d"),
        DecoderCase(
            "\npeers:\n", "\nidentity: {trust-file: /t, revocations-file: /r, revocations-stale: no}\npeers:\n",
            "f:9:69: identity.revocations-stale: \"no\" is not a possible setting; expected one of: warn, refuse"),
        policy(
            "extra-families: [m5n.xlarge]",
            "f:1:27: policy.extra-families[0]: \"m5n.xlarge\" is not an instance family; expected m5n, its family"),
        policy(
            "extra-families: [m6x], denied-families: [m6x]",
            "f:1:51: m6x is also in policy.extra-families; expected it in one of the two"),
        policy(
            "peerings: [{id: pcx-1, vpcs: [vpc-0a], region: r}]",
            "f:1:39: policy.peerings[0].vpcs names vpc-0a; expected two VPCs, requester and accepter"),
        policy(
            "peerings: [{id: pcx-1, vpcs: [a, a], region: r}]",
            "f:1:39: policy.peerings[0].vpcs names a, a; expected two VPCs, requester and accepter"),
        policy(
            "peerings: [{id: pcx-1, vpcs: [a, b]}]",
            "f:1:21: policy.peerings[0] needs either region, or regions with one for each VPC"),
        policy(
            "peerings: [{id: pcx-1, vpcs: [a, b], region: r, regions: [r, r]}]",
            "f:1:21: policy.peerings[0] needs either region, or regions with one for each VPC"),
        policy(
            "peerings: [{id: pcx-1, vpcs: [a, b], regions: [r]}]",
            "f:1:56: policy.peerings[0].regions has 1 elements; expected two, in the order of vpcs"),
        policy(
            "peerings: [{id: pcx-1, vpcs: [a, b], region: r, status: on}]",
            "f:1:66: policy.peerings[0].status: \"on\" is not a peering's status; expected one of: initiating-request, "
                + "pending-acceptance, active, provisioning, deleting, deleted, rejected, failed, expired"),
        policy(
            "peerings: [{id: p, vpcs: [a, b], region: r}, {id: p, vpcs: [a, b], region: r, status: deleted}]",
            "f:1:60: p is already a peering (line 1); expected each peering once, with the status that it has now"),
        policy(
            "peerings: [{id: pcx-1, vpcs: [vpc-0a, b], region: eu-west-1}]",
            "f:1:60: pcx-1 has vpc-0a in eu-west-1, but it is in us-east-1 by instance.region (line 8); expected us-east-1"
        ),
        policy(
            "peerings: [{id: pcx-1, vpcs: [b, vpc-0a], regions: [us-east-1, eu-west-1]}]",
            "f:1:73: pcx-1 has vpc-0a in eu-west-1, but it is in us-east-1 by instance.region (line 8); expected us-east-1"
        ),
        policy(
            "proof: {vpc: signed-document}",
            "f:1:23: policy.proof.vpc: AWS signs no document that has an instance's vpc, so no peer could pass; "
                + "expected one of: stated, certificate"),
        policy(
            "proof: {subnet: signed-document}",
            "f:1:26: policy.proof.subnet: AWS signs no document that has an instance's subnet, so no peer could pass; "
                + "expected one of: stated, certificate"),
        policy(
            "path: {mtu: off}",
            "f:1:22: policy.path.mtu: \"off\" is not a possible setting; expected one of: refuse, warn, ignore"),
        policy(
            "path: {hops: 255}",
            "f:1:23: policy.path.hops: \"255\" is not a possible number of routers; expected a number from 0 to 254"),
        policy(
            "path: {hop: 1}",
            "f:1:17: unknown key \"hop\" in policy.path; did you mean hops?"),
    ]
}
