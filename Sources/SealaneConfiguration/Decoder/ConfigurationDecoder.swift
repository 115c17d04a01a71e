import FoundationEssentials
import Logging
import SealaneAEAD
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel
import Yams

/// Reads configuration files: YAML as far as structure goes, `ConfigurationKey.all` for what may stand there.
package enum ConfigurationDecoder {
    /// A configuration of ten thousand peers is about 3 MiB.
    private static var fileByteLimit: Int { 64 << 20 }
    /// RFC 8200 section 5: what carries IPv6 carries packets of this size.
    private static var leastMTU: Int { 1280 }

    /// Reads and decodes the file at `path`, which may be a FIFO or a device, such as /dev/stdin.
    ///
    /// - Parameter again: it was read before. What is no regular file is refused then: it may not end, or never begin.
    package static func read(_ path: String, again: Bool = false) throws(ConfigurationError) -> Configuration {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(problems: [ConfigurationProblem(file: path, position: nil, message: message)])
        }
        if again, AtomicFile.isStream(path) {
            throw failure("what is no regular file cannot be read again; expected a file, and a restart of the agent")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try AtomicFile.readExisting(path, maximumByteCount: fileByteLimit)
        } catch {
            throw failure(Self.sentence(error))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("the file is not text; expected YAML in UTF-8")
        }
        return try decode(text, file: path)
    }

    private static func sentence(_ error: SystemError) -> String {
        if error.meansNoSuchFile { return "there is no such file; expected the configuration, as in Examples/" }
        if error.meansDirectory { return "this is a directory; expected the configuration, as in Examples/" }
        if error.meansLinkLoop { return "its symbolic links lead round in a circle; expected a file" }
        if SystemError.meansNotPermitted(error.errno) { return "the file may not be read by this user" }
        return "the file cannot be read: \(error)"
    }

    /// Decodes `text`. Throws with every problem of the text, each with its line and column.
    ///
    /// - Parameter file: the name to report problems under.
    package static func decode(_ text: String, file: String) throws(ConfigurationError) -> Configuration {
        let text = text.withoutByteOrderMark
        let findings = ConfigurationFindings(file: file)
        let root = try compose(text, file: file)
        guard let section = ConfigurationSection(root, path: "", findings: findings),
            let configuration = configuration(section, findings), findings.problems.isEmpty
        else {
            throw ConfigurationError(problems: findings.problems)
        }
        return configuration
    }

    private static func configuration(
        _ root: ConfigurationSection, _ findings: ConfigurationFindings
    ) -> Configuration? {
        let agent = root.requiredSection("agent").map { Partial($0) }
        let fleetName = root.section("fleet").flatMap { $0.value("name", OperatorText.fleetName) }
        let isProving = root.has("identity")
        let instance = isProving ? root.section("instance") : root.requiredSection("instance")
        var facts = instance.map { self.facts($0) } ?? Facts()
        let metadata = self.metadata(instance)
        let peers = root.sections("peers").map { (path: $0.path, peer: peer($0, isProving: isProving)) }
        let topology = root.section("topology").map { self.topology($0) }
        let policy = self.policy(
            root.section("policy"), hasTopology: topology != nil, isProving: isProving,
            regions: StatedRegions(
                [("instance", facts)] + peers.map { ("\($0.path).instance", $0.peer?.facts ?? Facts()) }))
        let rekeyAfter = root.section("session").flatMap { $0.value("rekey-after", rekeyInterval) }
        let logLevel = root.section("log").flatMap { section in
            section.value("level", choice(Logger.Level.allCases.map { ($0.rawValue, $0) }, of: "a log level"))
        }
        let auditLogPath = root.section("audit-log").flatMap { $0.value("path", OperatorText.absolutePath) }
        let metricsListen = root.section("metrics").flatMap { $0.value("listen", OperatorText.endpoint) }
        let crypto = self.crypto(root.section("crypto"))
        let lanes = self.lanes(root)
        let offloads = self.offloads(root.section("offload"))

        if let agent { checkOverlay(agent, findings) }
        if let listen = agent?.listen, let count = lanes.count { checkPorts(listen, laneCount: count, findings) }
        checkPeers(peers, agent, findings)
        let identity = root.section("identity").map { self.identity($0, fleetName, findings) } ?? nil
        if !isProving, policy.asksForCertificates {
            findings.report(
                "peers are to be proven by certificates, and no authority is named; expected identity.trust-file",
                at: "policy")
        }
        guard let agent = agent?.complete else { return nil }
        facts.addresses = Fact(agent.addresses.compactMap(hostRoute), .stated)
        return Configuration(
            agent: agent, crypto: crypto, lanes: lanes, offloads: offloads, fleetName: fleetName ?? defaultFleetName,
            identity: identity, facts: facts, metadata: metadata, peers: peers.compactMap(\.peer),
            policy: policy, topology: topology ?? nil,
            session: Configuration.Session(rekeyAfter: rekeyAfter ?? TunnelLimits.rekeyAfter),
            logLevel: logLevel ?? .info, auditLogPath: auditLogPath, metricsListen: metricsListen,
            source: findings.source.forLater)
    }

    // MARK: This host

    /// The agent section as far as it could be read: the rest of the file is checked against what there is.
    private struct Partial {
        let listen: Endpoint?
        let addresses: [IPPrefix]?
        let complete: Configuration.Agent?

        init(_ section: ConfigurationSection) {
            let interface = section.value("interface", interfaceName)
            let listening = section.required("listen", OperatorText.listenEndpoint)
            listen = listening?.endpoint
            addresses = section.requiredList("addresses", OperatorText.interfaceAddress)
            let isEphemeral = section.value("ephemeral", flag) ?? false
            let key = Self.privateKeyFile(section, isEphemeral: isEphemeral)
            let generatesKeys = section.value("generate-keys", flag) ?? false
            let state = section.value("state-directory", OperatorText.absolutePath)
            let socket = section.value("control-socket", socketPath)
            let overhead = TunnelLimits.overhead(overIPv4: listen?.address.isIPv4 ?? true)
            let mtu = section.value("mtu") { text throws(TextProblem) in
                try number(text, in: leastMTU...TunnelLimits.greatestUnderlayMTU - overhead, of: "MTU")
            }
            guard let listen, let addresses, key != nil || isEphemeral else {
                complete = nil
                return
            }
            complete = Configuration.Agent(
                interface: interface ?? "sealane0", listen: listen, listenZone: listening?.zone, addresses: addresses,
                privateKeyFile: key,
                generatesKeys: generatesKeys, stateDirectory: state ?? "/var/lib/sealane",
                controlSocket: socket ?? "/run/sealane/control.sock",
                mtu: mtu)
        }

        private static func privateKeyFile(_ section: ConfigurationSection, isEphemeral: Bool) -> String? {
            guard isEphemeral else { return section.required("private-key-file", OperatorText.keyFilePath) }
            if section.has("private-key-file") {
                section.report(
                    "an ephemeral key is in no file; expected private-key-file or ephemeral, not both",
                    at: "private-key-file")
            }
            return nil
        }
    }

    private static func crypto(_ section: ConfigurationSection?) -> Configuration.Crypto {
        let names = CipherSuite.allCases.map { ($0.description.lowercased(), $0) }
        let suites = section?.list("suites", choice(names, of: "a possible cipher suite")) ?? []
        for (index, suite) in suites.enumerated() where suites.prefix(index).contains(suite) {
            section?.report("\(suite) is given twice; expected each suite once", at: "suites[\(index)]")
        }
        return Configuration.Crypto(
            provider: section?.value("provider", choice(AEADProvider.Wanted.byName, of: "a possible provider"))
                ?? .auto,
            suites: suites.isEmpty ? nil : suites)
    }

    /// `lanes: 2` says no more than `lanes: {count: 2}`.
    private static func lanes(_ root: ConfigurationSection) -> Configuration.Lanes {
        guard !root.isScalar("lanes") else {
            return Configuration.Lanes(count: root.value("lanes", laneCount) ?? nil, processors: [], spins: false)
        }
        let section = root.section("lanes")
        return Configuration.Lanes(
            count: section?.value("count", laneCount) ?? nil,
            processors: section?.list("processors", processor) ?? [],
            spins: section?.value("spin", flag) ?? false)
    }

    private static func offloads(_ section: ConfigurationSection?) -> [Offload: OffloadSetting] {
        let setting = choice(OffloadSetting.byName, of: "a possible setting")
        return Dictionary(
            uniqueKeysWithValues: Offload.allCases.map { offload in
                (offload, section?.value(offload.rawValue, setting) ?? .auto)
            })
    }

    private static func metadata(_ instance: ConfigurationSection?) -> Configuration.InstanceMetadata {
        let setting = choice(Configuration.InstanceMetadata.Use.byName, of: "a possible setting")
        let use = instance?.value("metadata", setting) ?? .auto
        let endpoint = instance?.value("metadata-endpoint", OperatorText.endpoint)
        if use == .off, let endpoint {
            instance?.report(
                "\(endpoint) would not be asked: instance.metadata is off; expected auto or on, or no endpoint",
                at: "metadata-endpoint")
        }
        return Configuration.InstanceMetadata(use: use, endpoint: endpoint)
    }

    static var defaultFleetName: String { "sealane" }

    private static func facts(_ section: ConfigurationSection) -> Facts {
        var facts = Facts()
        for name in FactName.allCases {
            facts[name] = section.value(name.rawValue) { text throws(TextProblem) in
                try OperatorText.fact(name, text)
            }
        }
        return facts
    }

    /// Lane n listens on the port n above the agent's.
    private static func checkPorts(_ listen: Endpoint, laneCount: UInt8, _ findings: ConfigurationFindings) {
        let missing = Int(laneCount) - LaneCount.most(fromPort: listen.port)
        guard missing > 0 else { return }
        findings.report(
            "\(laneCount) lanes take a port each, from \(listen.port) on; "
                + "expected a port up to \(Int(listen.port) - missing)",
            at: "agent.listen")
    }

    /// What this host's own addresses say against each other and against the listen address.
    private static func checkOverlay(_ agent: Partial, _ findings: ConfigurationFindings) {
        guard let addresses = agent.addresses else { return }
        for (index, prefix) in addresses.enumerated() {
            if let first = addresses.prefix(index).firstIndex(where: { $0.address == prefix.address }) {
                findings.report(
                    "\(prefix.address) is already an address of this host", at: "agent.addresses[\(index)]",
                    against: "agent.addresses[\(first)]", remedy: "expected each address once")
            }
            if let listen = agent.listen, prefix.contains(listen.address) {
                findings.report(
                    "\(listen) lies inside this host's overlay network \(prefix.network)", at: "agent.listen",
                    against: "agent.addresses[\(index)]",
                    remedy: "a tunnel cannot run inside itself: expected this host's underlay address")
            }
        }
    }

    // MARK: Peers

    /// - Parameter isProving: whether certificates prove facts, of which none need then be stated.
    private static func peer(_ section: ConfigurationSection, isProving: Bool) -> PeerDefinition? {
        let name = section.required("name", OperatorText.peerName)
        let endpoint = section.required("endpoint", OperatorText.underlayEndpoint)
        let key = section.required("public-key", OperatorText.publicKey)
        let addresses = section.requiredList("addresses", OperatorText.network)
        let facts =
            isProving && !section.has("instance") ? Facts() : section.requiredSection("instance").map { self.facts($0) }
        let secret = section.value("preshared-key-file", OperatorText.keyFilePath)
        for (index, prefix) in (addresses ?? []).enumerated() where addresses?.prefix(index).contains(prefix) == true {
            section.report("\(prefix) is given twice; expected each prefix once", at: "addresses[\(index)]")
        }
        guard let name, let endpoint, let key, let addresses, let facts else { return nil }
        return PeerDefinition(
            name: name, endpoint: endpoint, publicKey: key, addresses: addresses, facts: facts,
            presharedKeyFile: secret)
    }

    private static func checkPeers(
        _ peers: [(path: String, peer: PeerDefinition?)], _ agent: Partial?, _ findings: ConfigurationFindings
    ) {
        let complete = peers.compactMap { entry in entry.peer.map { (path: entry.path, peer: $0) } }
        let conflicts = PeerConflict.all(
            among: complete.map(\.peer), listen: agent?.listen, ownAddresses: agent?.addresses ?? [])
        for conflict in conflicts {
            let opponent =
                switch conflict.opponent {
                case .peer(let index, let part): path(of: part, complete[index].path)
                case .listen: "agent.listen"
                case .ownAddress(let index): "agent.addresses[\(index)]"
                case .ownKey: "agent.private-key-file"
                }
            findings.report(
                conflict.problem, at: path(of: conflict.part, complete[conflict.peer].path), against: opponent,
                remedy: conflict.remedy)
        }
    }

    private static func path(of part: PeerConflict.Part, _ peer: String) -> String {
        switch part {
        case .name: "\(peer).name"
        case .publicKey: "\(peer).public-key"
        case .endpoint: "\(peer).endpoint"
        case .address(let index): "\(peer).addresses[\(index)]"
        }
    }
}

// MARK: Scalars

extension ConfigurationDecoder {
    /// What the kernel takes as a device's name (`dev_valid_name`), less what shells and its own templates (`%d`) mangle.
    fileprivate static func interfaceName(_ text: String) throws(TextProblem) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || [0x2d, 0x2e, 0x5f].contains(byte)
        }
        guard (1...15).contains(text.utf8.count), isPlain, text != ".", text != ".." else {
            throw TextProblem(
                "\(OperatorText.quoted(text)) is not an interface name; expected 1 to 15 letters, digits, - _ and .")
        }
        return text
    }

    fileprivate static func socketPath(_ text: String) throws(TextProblem) -> String {
        let path = try OperatorText.absolutePath(text)
        guard path.utf8.count <= SocketPath.byteLimit else {
            throw TextProblem(
                "\(OperatorText.quoted(path)) has \(path.utf8.count) bytes; "
                    + "expected at most \(SocketPath.byteLimit), for a Unix socket")
        }
        return path
    }

    static func number(
        _ text: String, in range: ClosedRange<Int>, of kind: String
    ) throws(TextProblem) -> Int {
        let digits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard digits, let number = Int(text), range.contains(number) else {
            throw TextProblem(
                "\(OperatorText.quoted(text)) is not a possible \(kind); "
                    + "expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Nil: auto.
    fileprivate static func laneCount(_ text: String) throws(TextProblem) -> UInt8? {
        guard text != "auto" else { return nil }
        return UInt8(try number(text, in: 1...Int(LaneCount.limit), of: "number of lanes, or auto"))
    }

    fileprivate static func processor(_ text: String) throws(TextProblem) -> Int {
        try number(text, in: 0...1023, of: "processor")
    }

    /// A reader of one of a few words, which a problem lists in this order.
    ///
    /// - Parameter kind: what they are, such as "a log level".
    static func choice<Value>(
        _ values: [(name: String, value: Value)], of kind: String
    ) -> (String) throws(TextProblem) -> Value {
        { text throws(TextProblem) in
            if let found = values.first(where: { $0.name == text }) { return found.value }
            throw TextProblem(
                "\(OperatorText.quoted(text)) is not \(kind); "
                    + "expected one of: \(values.map(\.name).joined(separator: ", "))")
        }
    }

    static func flag(_ text: String) throws(TextProblem) -> Bool {
        try choice([("off", false), ("on", true), ("false", false), ("true", true)], of: "a possible setting")(text)
    }

    fileprivate static func rekeyInterval(_ text: String) throws(TextProblem) -> Duration {
        let limit = TunnelLimits.rekeyAfter
        guard text.utf8.last == UInt8(ascii: "s"), text.utf8.dropLast().allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int64(text.dropLast()), seconds >= 2, .seconds(seconds) <= limit
        else {
            throw TextProblem(
                "\(OperatorText.quoted(text)) is not a possible interval; "
                    + "expected whole seconds from 2s to \(limit.components.seconds)s")
        }
        return .seconds(seconds)
    }

    static func family(_ text: String) throws(TextProblem) -> String {
        guard InstanceType.isFamilyName(text) else {
            let expected = InstanceType(text).map { "\($0.family), its family" } ?? "one such as m5n"
            throw TextProblem("\(OperatorText.quoted(text)) is not an instance family; expected \(expected)")
        }
        return text
    }

    /// An id or a name of AWS's.
    static func word(_ text: String) throws(TextProblem) -> String {
        guard !text.isEmpty, text.utf8.count <= 64, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw TextProblem(
                "\(OperatorText.quoted(text)) is not an id; expected 1 to 64 printable characters without spaces")
        }
        return text
    }

    private static func hostRoute(_ prefix: IPPrefix) -> IPPrefix? {
        IPPrefix(address: prefix.address, length: prefix.address.isIPv4 ? 32 : 128)
    }
}

extension CaseIterable where Self: RawRepresentable<String> {
    /// Every case by the word for it, in the alphabet's order.
    fileprivate static var byName: [(name: String, value: Self)] {
        allCases.map { ($0.rawValue, $0) }.sorted { $0.0 < $1.0 }
    }
}

// MARK: YAML

extension ConfigurationDecoder {
    private static func compose(_ text: String, file: String) throws(ConfigurationError) -> Node {
        func failure(_ message: String, _ mark: Mark?) -> ConfigurationError {
            let position = mark.map { ConfigurationPosition(line: $0.line, column: $0.column) }
            return ConfigurationError(problems: [
                ConfigurationProblem(file: file, position: position, message: message)
            ])
        }
        do {
            guard let root = try Yams.compose(yaml: text) else {
                throw failure("the file is empty; expected the sections agent, instance and peers", nil)
            }
            return root
        } catch let error as ConfigurationError {
            throw error
        } catch YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _)
        {
            throw failure("not valid YAML: \(problem)\(context.map { " \($0.text)" } ?? "")", mark)
        } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
            let keys = duplicates.map(OperatorText.quoted).joined(separator: ", ")
            throw failure("\(keys) is given more than once in one mapping; expected each key once", context.mark)
        } catch YamlError.reader(let problem, let offset, _, _) {
            throw failure("not valid YAML: \(problem)\(offset.map { " at character \($0 + 1)" } ?? "")", nil)
        } catch {
            throw failure("not valid YAML: \(error)", nil)
        }
    }
}
