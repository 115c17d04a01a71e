import FoundationEssentials
import Logging
import SealaneAEAD
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Reads configuration files: YAML with the keys of `ConfigurationKey.all`.
package enum ConfigurationDecoder {
    /// A configuration of ten thousand peers is about 3 MiB.
    private static var fileByteLimit: Int { 64 << 20 }
    /// Reads and decodes the file at `path`, which may be a FIFO or a device, such as /dev/stdin.
    ///
    /// - Parameter again: whether the agent has read the path before. Anything but a regular file is then refused,
    ///   because reading a stream again may block for ever.
    package static func read(_ path: String, again: Bool = false) throws(ConfigurationError) -> Configuration {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(problems: [ConfigurationProblem(file: path, position: nil, message: message)])
        }
        if again, AtomicFile.isStream(path) {
            throw failure(
                "this is not a regular file, so it cannot be read again; expected a file, and a restart of the agent")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try AtomicFile.readExisting(path, maximumByteCount: fileByteLimit)
        } catch {
            throw failure(Self.sentence(error))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure("the file is not UTF-8 text; expected YAML")
        }
        return try decode(text, file: path)
    }

    private static func sentence(_ error: SystemError) -> String {
        if error.meansNoSuchFile { return "there is no such file; expected a configuration file, as in Examples/" }
        if error.meansDirectory { return "this is a directory; expected a configuration file, as in Examples/" }
        if error.meansLinkLoop { return "its symbolic links form a loop; expected a file" }
        if SystemError.meansNotPermitted(error.errno) { return "this user may not read the file" }
        return "the file cannot be read: \(error)"
    }

    /// Decodes `text`. The error has every problem of the text, each with its line and column.
    ///
    /// - Parameter file: the file name in problems.
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
        let agent = root.requiredSection("agent").map { PartialAgent($0) }
        let fleetName = root.section("fleet").flatMap { $0.value("name", ValueParser.fleetName) }
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
        let auditLogPath = root.section("audit-log").flatMap { $0.value("path", ValueParser.absolutePath) }
        let metricsListen = root.section("metrics").flatMap { $0.value("listen", ValueParser.endpoint) }
        let crypto = self.crypto(root.section("crypto"))
        let lanes = self.lanes(root)
        let offloads = self.offloads(root.section("offload"))

        if let agent { checkOverlay(agent, findings) }
        if let listen = agent?.listen, let count = lanes.count { checkPorts(listen, laneCount: count, findings) }
        checkPeers(peers, agent, findings)
        let identity = root.section("identity").map { self.identity($0, fleetName, findings) } ?? nil
        if !isProving, policy.asksForCertificates {
            findings.report(
                "the policy requires certificates of peers, and no authority is named; expected identity.trust-file",
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

    private static func crypto(_ section: ConfigurationSection?) -> Configuration.Crypto {
        let names = CipherSuite.allCases.map { ($0.description.lowercased(), $0) }
        let suites = section?.list("suites", choice(names, of: "a possible cipher suite")) ?? []
        for (index, suite) in suites.enumerated() where suites.prefix(index).contains(suite) {
            section?.report("\(suite) is given twice; expected each suite once", at: "suites[\(index)]")
        }
        let providers: [(name: String, value: AEADProvider?)] =
            [("auto", nil)] + AEADProvider.selectable.map { ($0.rawValue, $0) }.sorted { $0.0 < $1.0 }
        return Configuration.Crypto(
            provider: section?.value("provider", choice(providers, of: "a possible provider")) ?? nil,
            suites: suites.isEmpty ? nil : suites)
    }

    /// `lanes: 2` is short for `lanes: {count: 2}`.
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
        let endpoint = instance?.value("metadata-endpoint", ValueParser.endpoint)
        if use == .off, let endpoint {
            instance?.report(
                "\(endpoint) would never be asked, because instance.metadata is off; expected auto or on, or no endpoint",
                at: "metadata-endpoint")
        }
        return Configuration.InstanceMetadata(use: use, endpoint: endpoint)
    }

    static var defaultFleetName: String { "sealane" }

    static func facts(_ section: ConfigurationSection) -> Facts {
        var facts = Facts()
        for name in FactName.allCases {
            facts[name] = section.value(name.rawValue) { text throws(TextProblem) in
                try ValueParser.fact(name, text)
            }
        }
        return facts
    }

    /// Lane n uses the port n above the one of `agent.listen`.
    private static func checkPorts(_ listen: Endpoint, laneCount: UInt8, _ findings: ConfigurationFindings) {
        let missing = Int(laneCount) - LaneCount.most(fromPort: listen.port)
        guard missing > 0 else { return }
        findings.report(
            "\(laneCount) lanes need a port each, from \(listen.port) on; "
                + "expected a port up to \(Int(listen.port) - missing)",
            at: "agent.listen")
    }
}
