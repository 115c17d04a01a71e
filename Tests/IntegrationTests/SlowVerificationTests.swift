import Foundation
import Logging
import NetworkLab
import SealaneAgent
import SealaneConfiguration
import Synchronization
import TestSupport
import Testing

extension Integration {
    @Suite struct SlowVerificationTests {
        /// Holds up the worker that verifies certificates.
        private final class Gate: Sendable {
            private let isOpen = Atomic(false)
            let startedCount = Atomic(0)

            func open() { isOpen.store(true, ordering: .releasing) }

            /// Waits until the gate is open.
            func pass() {
                startedCount.add(1, ordering: .relaxed)
                while !isOpen.load(ordering: .acquiring) { Thread.sleep(forTimeInterval: 0.005) }
            }
        }

        /// An agent in this process, on the host's network.
        private func startAgent(
            on host: Host, _ worker: CertificateWorker, _ logger: Logger
        ) async throws -> (agent: Agent, server: ControlServer) {
            let path = host.configurationPath
            let configuration = try ConfigurationDecoder.read(path)
            let agent = try await host.network.within(host.index) {
                try Agent(
                    configuration, path: path, metadata: nil, certificateWorker: worker, logger: logger,
                    failed: { _ in })
            }
            let server = try await ControlServer.start(
                path: host.controlSocket, handler: agent, audit: nil, logger: logger)
            return (agent, server)
        }

        @Test func `the agent answers commands while the verification of a peer's certificate takes its time`()
            async throws
        {
            let network = try await Network()
            let (a, b) = (try await Host(network, 0), try await Host(network, 1))
            let authority = try await Authority.create("ca", by: a)
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.instance = "{id: i-0\(host.name), type: c5n.large, region: us-east-1, vpc: vpc-0a}"
                try host.configure(settings)
                let own = try await authority.enrol(host)
                settings.peers = [other.peerEntry()]
                settings.more = """
                    identity:
                      trust-file: \(authority.trustPath)
                      certificate-file: \(own.certificate)
                      key-file: \(own.key)
                    policy: {require-certificate: true}
                    """
                try host.configure(settings)
            }
            try await b.startAgent()
            let gate = Gate()
            let worker = try CertificateWorker { job in
                gate.pass()
                return job.run()
            }
            let logger = Logger(label: "sealaned") { _ in SwiftLogNoOpLogHandler() }
            let (agent, server) = try await startAgent(on: a, worker, logger)
            // A failed expectation must not leave the worker's thread waiting.
            defer { gate.open() }

            let ping = try b.start("ping", "-n", "-c", "1", "-W", "60", "10.78.0.1")
            try await eventually("a verifies b's certificate") { gate.startedCount.load(ordering: .relaxed) == 1 }
            // The gate stays closed: each answer shows that the control thread does not wait for the verification.
            for command in [["status"], ["peer", "list"], ["peer", "show", b.name]] {
                let answer = try await a.run(
                    within: .seconds(20),
                    [Host.programs.appending(path: "sealane").path] + command
                        + ["--control-socket", a.controlSocket])
                #expect(answer.status == 0, "\(answer)")
            }
            #expect(try await a.peerReport(b.name).state == .connecting)
            #expect(ping.isRunning)

            gate.open()
            #expect(await ping.status(within: .seconds(60)) == 0, "\(ping.output)")
            #expect(try await a.peerReport(b.name).state == .established)
            await server.stop()
            try await network.within(a.index) { try agent.stop() }
        }
    }
}
