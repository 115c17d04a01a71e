import AgentTestSupport
import SealaneAgent
import SealaneEligibility
import SealaneIdentity
import Synchronization
import TestSupport
import Testing

/// A watch over a made-up service, of an instance whose listen address is 10.77.0.1.
struct InstanceMetadataWatchTests {
    private let lines = RecordingLogHandler.Lines()

    /// Runs `body` with a watch of `minimal` with `instance` instead of its section.
    private func watching(
        _ instance: String, _ body: (InstanceMetadataWatch, FakeInstanceMetadata) async throws -> Void
    ) async throws {
        let service = try await FakeInstanceMetadata.start()
        let text = ConfigurationText.minimal(
            replacing: "  type: c5n.large\n  region: us-east-1\n  vpc: vpc-0a\n",
            by: "  metadata-endpoint: \(service.endpoint)\n\(instance)\n")
        do {
            let configuration = try ConfigurationText.decode(text)
            // Tests run side by side, and an answer may wait for the turn of all others.
            let client = configuration.metadata.client(.init(connect: .seconds(3600), whole: .seconds(3600)))
            let watch = InstanceMetadataWatch(
                configuration, client: client, logger: RecordingLogHandler.logger(lines), pause: { record($0) })
            try await body(watch, service)
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    private let pauses = Pauses()

    private final class Pauses: Sendable {
        let all = Mutex<[Duration]>([])
    }

    private func record(_ pause: Duration) {
        pauses.all.withLock { $0.append(pause) }
    }

    private var warnings: [String] { lines.all.filter { !$0.hasPrefix("info") && !$0.hasPrefix("debug") } }

    @Test func `facts that are not stated are filled in`() async throws {
        try await watching("  type: m5n.xlarge") { watch, _ in
            #expect(watch.local.facts[.vpc] == nil)
            await watch.read()
            let facts = watch.local.facts
            #expect(watch.local.reasons == [])
            #expect(
                FactName.allCases.map { facts[$0]?.value } == [
                    "i-0123456789abcdef0", "m5n.xlarge", "123456789012", "eu-west-1", "eu-west-1b", "vpc-02",
                    "subnet-02",
                ])
            #expect(FactName.allCases.allSatisfy { facts[$0]?.provenance == .instanceMetadata })
            // The overlay's, not the interface's.
            #expect(facts.addresses?.value.map(\.description) == ["10.78.0.1/32"])
            #expect(watch.report.readAt != nil && watch.report.problem == nil)
            #expect(warnings == [])
        }
    }

    @Test func `a stated fact that is contradicted forbids every peer`() async throws {
        try await watching("  type: c5n.large\n  region: eu-west-1") { watch, _ in
            await watch.read()
            let reasons = watch.local.reasons
            #expect(reasons.map(\.code) == [.identityMismatch])
            #expect(reasons.first?.observed == "local type c5n.large")
            #expect(reasons.first?.required == "type m5n.xlarge")
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("identity-mismatch: local type c5n.large") == true)
            // The same again is not worth another line.
            await watch.read()
            #expect(warnings.count == 1)
        }
    }

    @Test func `where the configuration insists, nothing counts before the first answer`() async throws {
        try await watching("  metadata: on\n  type: m5n.xlarge") { watch, service in
            #expect(watch.local.reasons.map(\.observed) == ["instance metadata was not asked yet"])
            service.setOn(false)
            await watch.read()
            let reason = try #require(watch.local.reasons.first)
            #expect(watch.local.reasons.count == 1)
            #expect(reason.code == .factsUnknown)
            #expect(reason.observed.contains("403 Forbidden"))
            #expect(reason.source == "instance.metadata: on")
            #expect(watch.report.setting == "on" && watch.report.readAt == nil)
            #expect(watch.report.problem == reason.observed)
            service.setOn(true)
            await watch.read()
            #expect(watch.local.reasons == [])
            #expect(watch.local.facts[.region]?.value == "eu-west-1")
        }
    }

    @Test func `otherwise what is stated counts until there is an answer`() async throws {
        try await watching("  type: c5n.large\n  region: r\n  vpc: v") { watch, service in
            service.setOn(false)
            await watch.read()
            #expect(watch.local.reasons == [])
            #expect(watch.local.facts[.instanceType] == Fact("c5n.large", .stated))
            #expect(watch.report.problem?.contains("403 Forbidden") == true)
        }
    }

    @Test func `what was read holds while the service does not answer, and is replaced when it does`() async throws {
        try await watching("  metadata: on") { watch, service in
            await watch.read()
            service.setOn(false)
            await watch.read()
            #expect(watch.local.reasons == [])
            #expect(watch.local.facts[.instanceType]?.value == "m5n.xlarge")
            #expect(watch.report.readAt != nil && watch.report.problem != nil)
            service.setOn(true)
            service["/latest/meta-data/instance-type"] = "m5n.2xlarge"
            await watch.read()
            #expect(watch.local.facts[.instanceType]?.value == "m5n.2xlarge")
            #expect(watch.report.problem == nil)
        }
    }

    @Test(arguments: [
        ["placement/region"], ["network/interfaces/macs/"],
        ["network/interfaces/macs/0a:00:00:00:00:02/vpc-id", "network/interfaces/macs/0a:00:00:00:00:02/local-ipv4s"],
    ])
    func `a contradiction holds while the service leaves out what it said before`(_ absent: [String]) async throws {
        try await watching("  region: us-east-1\n  vpc: vpc-0f") { watch, service in
            await watch.read()
            let reasons = watch.local.reasons
            #expect(reasons.map(\.observed) == ["local region us-east-1", "local vpc vpc-0f"])
            for item in absent { service["/latest/meta-data/\(item)"] = nil }
            await watch.read()
            #expect(watch.report.problem == nil)
            #expect(watch.local.reasons == reasons)
        }
    }

    @Test func `what was said of another instance does not complete what is said of this one`() async throws {
        try await watching("  type: m5n.xlarge") { watch, service in
            await watch.read()
            service["/latest/meta-data/instance-id"] = "i-0b"
            service["/latest/meta-data/placement/region"] = nil
            await watch.read()
            #expect(watch.local.facts[.instanceID]?.value == "i-0b")
            #expect(watch.local.facts[.region] == nil)
        }
    }

    @Test func `a reading that is cancelled says nothing about the service`() async throws {
        try await watching("  metadata: on") { watch, service in
            service.answer("/latest/api/token", .silence)
            let reading = Task { await watch.read() }
            while service.requests.isEmpty { await Task.yield() }
            reading.cancel()
            await reading.value
            #expect(watch.report.problem == nil)
            #expect(warnings == [])
        }
    }

    @Test func `it is asked every five minutes, and sooner after failures`() async throws {
        try await watching("  metadata: on") { watch, service in
            await watch.read()
            await watch.waitForNextReading()
            service.setOn(false)
            for _ in 0..<9 {
                await watch.read()
                await watch.waitForNextReading()
            }
            service.setOn(true)
            await watch.read()
            await watch.waitForNextReading()
            let seconds = pauses.all.withLock { $0 }.map(\.components.seconds)
            #expect(seconds == [300, 1, 2, 4, 8, 16, 32, 60, 60, 60, 300])
        }
    }

    @Test func `a failure is a warning once, and said again when it is another or was over`() async throws {
        try await watching("  type: m5n.xlarge") { watch, service in
            service.setOn(false)
            for _ in 0..<3 { await watch.read() }
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("stated facts count") == true)
            service.setOn(true)
            service.answer("/latest/api/token", .status(500))
            await watch.read()
            #expect(warnings.count == 2)
            await watch.read()
            service.answer("/latest/meta-data/instance-id", .status(500))
            await watch.read()
            #expect(warnings.count == 3)
            #expect(warnings.last?.contains("the earlier facts count") == true)
        }
    }

    @Test func `an interface that nobody has is a warning, and what is stated of VPC and subnet counts`() async throws {
        try await watching("  vpc: vpc-0f") { watch, service in
            service["/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/local-ipv4s"] = "10.77.0.200"
            await watch.read()
            #expect(watch.local.reasons == [])
            #expect(watch.local.facts[.vpc] == Fact("vpc-0f", .stated))
            #expect(warnings.count == 1)
            #expect(warnings.first?.contains("no network interface of this instance has the listen address") == true)
        }
    }
}
