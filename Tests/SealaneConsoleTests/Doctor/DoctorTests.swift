import AgentTestSupport
import Foundation
import SealaneAgent
import SealaneConsole
import SealaneControl
import SealaneIdentity
import SealaneLinux
import SealanePacket
import TestSupport
import Testing

/// A host as a doctor sees it: a configuration, its files, and a made-up metadata service. It listens on loopback.
struct DoctorTests {
    private let directory: ScratchDirectory
    private let socket: String

    init() throws {
        directory = try ScratchDirectory()
        socket = directory.path("control.sock")
        try directory.write(ConfigurationText.key(7) + "\n", to: "private.key")
        try directory.write(ConfigurationText.key(8) + "\n", to: "b.psk")
    }

    private struct Settings {
        var listen = "127.0.0.1:17325"
        var more = "lanes: 2"
        var addresses = "[10.78.0.1/24]"
        var instance = "metadata: off, type: m5n.xlarge, region: r, vpc: v"
        var peerKey = ConfigurationText.key(1)
    }

    private func write(_ settings: Settings) throws {
        try directory.write(
            """
            agent:
              listen: "\(settings.listen)"
              addresses: \(settings.addresses)
              private-key-file: \(directory.path("private.key"))
              state-directory: \(directory.path("state"))
              control-socket: \(socket)
            instance: {\(settings.instance)}
            peers:
              - name: b
                endpoint: "127.0.0.2:7325"
                public-key: \(settings.peerKey)
                addresses: [10.78.0.2/32]
                instance: {}
                preshared-key-file: \(directory.path("b.psk"))
            \(settings.more)

            """, to: "sealane.yaml")
    }

    /// Patiently: tests run side by side, and an answer may wait for the turn of all others.
    private func examine(
        _ settings: Settings = Settings(), patience: Duration = .seconds(3600), hardwareVendor: String? = "QEMU"
    ) async throws -> [String: [DoctorReport.Check]] {
        try write(settings)
        let doctor = Doctor(
            configurationPath: directory.path("sealane.yaml"), controlSocket: nil, patience: patience,
            hardwareVendor: hardwareVendor)
        let report = await doctor.examine()
        return Dictionary(grouping: report.checks, by: \.name)
    }

    /// The only check of that name.
    private func check(
        _ name: String, _ settings: Settings = Settings(), hardwareVendor: String? = "QEMU"
    ) async throws -> DoctorReport.Check {
        let found = try await examine(settings, hardwareVendor: hardwareVendor)[name] ?? []
        try #require(found.count == 1, "\(name): \(found)")
        return found[0]
    }

    @Test func `every check has a line, and a host in order has no problem`() async throws {
        let checks = try await examine()
        #expect(
            checks.keys.sorted() == [
                "agent", "capability", "clock", "configuration", "floor", "instance-metadata", "instance-type",
                "listen-address", "overlay-filter", "ports", "preshared-key", "private-key", "tun-device",
                "tunnel-device",
            ])
        // What the machine of the tests has or has not is not up to it.
        for name in checks.keys where !["capability", "clock", "tun-device"].contains(name) {
            #expect(checks[name]?.contains { $0.outcome == .problem } == false, "\(checks[name] ?? [])")
        }
        #expect(checks["configuration"]?.first?.observed == "\(directory.path("sealane.yaml")) is valid, with 1 peer")
        #expect(checks["ports"]?.first?.observed == "UDP ports 17325 to 17326: free")
        #expect(
            checks["private-key"]?.first?.observed.hasPrefix(
                "only its owner can read \(directory.path("private.key")); public key ") == true)
        #expect(checks["instance-type"]?.first?.outcome == .ok)
    }

    @Test func `without a valid configuration its problems are told, and what does not need it is checked`()
        async throws
    {
        var settings = Settings()
        settings.more = "lanes: none\ncolour: red"
        let checks = try await examine(settings)
        #expect(checks.keys.sorted() == ["capability", "clock", "configuration", "tun-device"])
        let problems = checks["configuration"] ?? []
        #expect(problems.count == 2)
        #expect(problems.allSatisfy { $0.outcome == .problem })
        #expect(problems.first?.observed.contains("sealane.yaml:15:8: lanes: \"none\"") == true, "\(problems)")

        let missing = await Doctor(configurationPath: "/nonexistent/x.yaml", controlSocket: nil).examine()
        #expect(missing.hasProblem)
        #expect(missing.checks.first?.observed.contains("there is no such file") == true)
    }

    @Test func `this host's own public key as a peer's is a problem that names the peer`() async throws {
        var settings = Settings()
        settings.peerKey = "\(try PrivateKeyFile.read(directory.path("private.key")).publicKey)"
        let check = try await check("public-keys", settings)
        #expect(check.outcome == .problem)
        #expect(check.observed == "peer b: \(settings.peerKey) is this host's own public key")
        #expect(check.remedy?.contains("sealane key public") == true)
    }

    @Test func `a listen address that the host does not have is a problem, with those that it has`() async throws {
        var settings = Settings()
        settings.listen = "192.0.2.7:17325"
        let check = try await check("listen-address", settings)
        #expect(check.outcome == .problem)
        #expect(check.observed.contains("192.0.2.7 is not an address of this host; expected"))
        #expect(check.observed.contains("127.0.0.1"))
    }

    @Test func `the listen address is told with its interface and what fits there`() async throws {
        let seen = try await check("listen-address")
        #expect(seen.outcome == .ok)
        #expect(seen.observed.hasPrefix("127.0.0.1 is on lo, whose MTU lets packets of "))
        // The loopback's MTU of 65536 counts as the greatest that a tunnel uses, 9001: 60 less over IPv4.
        #expect(seen.observed.hasSuffix(" 8941 bytes through"))
    }

    @Test func `a port of any lane that is taken is a problem`() async throws {
        let taken = try UDPSocket.bind(to: address("127.0.0.1", 17_426))
        var settings = Settings()
        settings.listen = "127.0.0.1:17425"
        let check = try await check("ports", settings)
        #expect(check.outcome == .problem)
        #expect(check.observed == "another program uses 127.0.0.1:17426")
        #expect(taken.localAddress.port == 17_426)
    }

    @Test(arguments: ["private.key", "b.psk"])
    func `a key file that others may read is a problem, with what to do`(_ name: String) async throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: directory.path(name))
        let check = try await check(name == "b.psk" ? "preshared-key" : "private-key")
        #expect(check.outcome == .problem)
        #expect(check.observed.contains("chmod 600 \(directory.path(name))"))
        #expect(
            !check.observed.contains(ConfigurationText.key(7)) && !check.observed.contains(ConfigurationText.key(8)))
    }

    @Test(arguments: [
        ("type: t3.micro, region: r, vpc: v", "instance-type", "does not encrypt in transit"),
        ("type: zz9.large, region: r, vpc: v", "instance-type", "is in no catalog"),
        ("region: r, vpc: v", "instance-type", "this instance's type is unknown"),
        ("type: m5n.large, vpc: v", "instance-region", "this instance's region is unknown"),
        ("type: m5n.large, region: r", "instance-vpc", "this instance's vpc is unknown"),
    ])
    func `what makes every peer ineligible is a problem`(_ instance: String, _ name: String, _ said: String)
        async throws
    {
        var settings = Settings()
        settings.instance = "metadata: off, \(instance)"
        let check = try await check(name, settings)
        #expect(check.outcome == .problem)
        #expect(check.observed.contains(said))
        #expect(check.remedy != nil)
    }

    @Test func `the policy's own families count`() async throws {
        var settings = Settings()
        settings.instance = "metadata: off, type: t3.micro, region: r, vpc: v"
        settings.more = "policy: {extra-families: [t3]}"
        #expect(try await check("instance-type", settings).outcome == .ok)
    }

    // MARK: Instance metadata

    /// Runs `body` with settings that name a service.
    private func serving(_ body: (Settings, FakeInstanceMetadata) async throws -> Void) async throws {
        let service = try await FakeInstanceMetadata.start()
        var settings = Settings()
        settings.instance = "metadata-endpoint: \"\(service.endpoint)\""
        service["/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/local-ipv4s"] = "127.0.0.1"
        do {
            try await body(settings, service)
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    @Test func `what metadata says is told, and makes up for what is not stated`() async throws {
        try await serving { settings, _ in
            let checks = try await examine(settings)
            let metadata = try #require(checks["instance-metadata"]?.first)
            #expect(metadata.outcome == .ok)
            #expect(metadata.observed.contains("type m5n.xlarge"))
            #expect(metadata.observed.contains("vpc vpc-02"))
            #expect(checks["instance-type"]?.first?.observed.contains("(instance metadata)") == true)
            #expect(checks["instance-region"] == nil && checks["instance-vpc"] == nil)
        }
    }

    @Test func `every stated fact that it contradicts is a problem`() async throws {
        try await serving { settings, _ in
            var settings = settings
            settings.instance += ", type: c5n.large, region: eu-west-1, zone: eu-west-1a"
            let found = try await examine(settings)["instance-metadata"] ?? []
            #expect(found.map(\.outcome) == [.problem, .problem])
            #expect(
                found.first?.observed.hasPrefix("identity-mismatch: local type c5n.large; required: type m5n.xlarge")
                    == true)
            #expect(found.last?.observed.contains("zone eu-west-1a") == true)
        }
    }

    @Test func `a listen address that no interface has is a warning`() async throws {
        try await serving { settings, service in
            service["/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/local-ipv4s"] = nil
            let check = try await check("instance-metadata", settings)
            #expect(check.outcome == .warning)
            #expect(check.observed.contains("127.0.0.1"))
        }
    }

    @Test(arguments: [("on", DoctorReport.Outcome.problem), ("auto", .warning)])
    func `a service that does not answer is told soon, by how much the configuration needs it`(
        _ use: String, _ outcome: DoctorReport.Outcome
    ) async throws {
        try await serving { settings, service in
            var settings = settings
            settings.instance += ", metadata: \(use)"
            service.answer("/latest/api/token", .silence)
            let found = try await examine(settings, patience: .seconds(6))["instance-metadata"] ?? []
            #expect(found.map(\.outcome) == [outcome])
            #expect(found.first?.observed.contains("no complete response within 6 s") == true)
            let remedy = "make the service answer, or set instance.metadata to off: "
            #expect(found.first?.remedy?.hasPrefix(remedy) == true)
        }
    }

    @Test func `it is not asked where it is off, or the machine is not one of EC2`() async throws {
        #expect(try await check("instance-metadata").observed == "not asked: instance.metadata is off")
        var settings = Settings()
        settings.instance = "type: m5n.xlarge, region: r, vpc: v"
        let check = try await check("instance-metadata", settings)
        #expect(check.outcome == .ok)
        #expect(check.observed == "not asked: this is not an EC2 machine (its maker: QEMU)")
    }

    @Test func `where the firmware does not tell the maker, whether it should be asked is left to the operator`()
        async throws
    {
        var settings = Settings()
        settings.instance = "type: m5n.xlarge, region: r, vpc: v"
        let check = try await check("instance-metadata", settings, hardwareVendor: nil)
        #expect(check.outcome == .warning)
        #expect(check.remedy == "set instance.metadata to on if it is, otherwise to off")
    }

    // MARK: The agent

    @Test func `an agent that does not run is a warning, and one that runs is told with its ports`() async throws {
        let none = try await check("agent")
        #expect(none.outcome == .warning)
        #expect(none.observed == "no agent answers at \(socket)")
        let server = try await ControlServer.start(
            path: socket, handler: try ScratchAgent(),
            logger: RecordingLogHandler.logger(RecordingLogHandler.Lines()))
        let checks = try await examine()
        await server.stop()
        let agent = try #require(checks["agent"]?.first)
        #expect(agent.outcome == .ok)
        #expect(agent.observed.hasPrefix("sealaned \(Release.version), pid 4711, up 1 d 1 h, peers 4: "))
        // The sample agent listens elsewhere.
        let ports = try #require(checks["ports"]?.first)
        #expect(ports.outcome == .warning)
        #expect(ports.observed == "the running agent listens on 10.77.0.1:7325, not on 127.0.0.1:17325")
    }

    @Test func `peers of a running agent are counted, and those that are refused are told with the reason`()
        async throws
    {
        let server = try await ControlServer.start(
            path: socket, handler: try ScratchAgent(),
            logger: RecordingLogHandler.logger(RecordingLogHandler.Lines()))
        let checks = try await examine()["peers"] ?? []
        await server.stop()
        #expect(checks.map(\.outcome) == [.ok, .warning, .warning])
        #expect(
            checks.first?.observed
                == "4: 1 established, 1 idle, 2 refused; verdicts: 1 eligible, 1 refused, 2 unjudged", "\(checks)")
        #expect(
            checks.dropFirst().first?.observed
                == "c is refused: peer-type-unsupported (observed: t3.micro), "
                + "vpc-not-shared (observed: local vpc-0a, peer vpc-0d)")
        #expect(checks.dropFirst().first?.remedy?.contains("see sealane peer check c") == true)
        #expect(checks.last?.observed.hasPrefix("d refuses this host: local-type-unsupported") == true)
    }

    @Test func `IPv6 inside the tunnel has a check where there is some`() async throws {
        #expect(try await examine()["tunnel-ipv6"] == nil)
        var settings = Settings()
        settings.more = "fleet: {name: six}"
        settings.addresses = "[10.78.0.1/24, \"fd78::1/64\"]"
        #expect(try await examine(settings)["tunnel-ipv6"]?.count == 1)
    }

    @Test func `a port that an agent may have that could not be asked is nothing to end`() async throws {
        let agent = try ScratchAgent()
        agent.delayStatus(by: Patience.limit)
        let server = try await ControlServer.start(
            path: socket, handler: agent, logger: RecordingLogHandler.logger(RecordingLogHandler.Lines()))
        let taken = try UDPSocket.bind(to: address("127.0.0.1", 17_525))
        var settings = Settings()
        settings.listen = "127.0.0.1:17525"
        let checks = try await examine(settings, patience: .milliseconds(200))
        await server.stop()
        #expect(checks["agent"]?.map(\.outcome) == [.problem])
        let ports = try #require(checks["ports"]?.first)
        #expect(ports.outcome == .warning)
        #expect(ports.observed == "127.0.0.1:17525 is in use, maybe by the agent, which could not be asked")
        #expect(taken.localAddress.port == 17_525)
    }

    // MARK: The report

    private let sample = DoctorReport(checks: [
        .init("configuration", .ok, "valid"),
        .init("clock", .warning, "no time service", remedy: "run one"),
        .init("ports", .problem, "two\nlines"),
    ])

    @Test func `the text has a line a check, what to do behind what was seen`() {
        #expect(
            sample.text(SampleReports.plain) == """
                ok       configuration  valid
                warning  clock          no time service; run one
                problem  ports          two, lines

                """)
        #expect(sample.text(SampleReports.coloured).contains("\u{1b}[31mproblem\u{1b}[0m  ports"))
        #expect(sample.hasProblem)
        #expect(!DoctorReport(checks: Array(sample.checks.prefix(2))).hasProblem)
    }

    @Test func `the JSON is as documented`() throws {
        let json = String(decoding: try ReportSchema.encode(DoctorReport(checks: [sample.checks[1]])), as: UTF8.self)
        #expect(
            json == """
                {
                  "checks" : [
                    {
                      "name" : "clock",
                      "observed" : "no time service",
                      "outcome" : "warning",
                      "remedy" : "run one"
                    }
                  ],
                  "schemaVersion" : 1
                }

                """)
    }
}
