import Logging
import SealaneConfiguration
import SealaneControl
import SealaneLinux

/// An agent from its start to its orderly end. SIGHUP reloads the configuration, as `sealane reload` does.
package struct AgentService: Sendable {
    private let configuration: Configuration
    private let path: String
    private let logger: Logger
    private let log: AgentLog?

    /// - Parameters:
    ///   - path: the file of `configuration`, which a reload reads again.
    ///   - log: the log to which `logger` writes, for the metrics.
    package init(_ configuration: Configuration, path: String, logger: Logger, log: AgentLog? = nil) {
        self.configuration = configuration
        self.path = path
        self.logger = logger
        self.log = log
    }

    /// Runs until the task is cancelled, or until the agent cannot continue.
    package func run() async throws {
        // From here on, SIGHUP does not end the process.
        let hangups = await ProcessSignal.stream(of: [.hangup])
        guard try await AddressWait(configuration, logger: logger).run() else {
            logger.info("sealaned has stopped")
            return
        }
        let (failures, failure) = AsyncStream<SystemError>.makeStream()
        var metadata: InstanceMetadataWatch?
        if configuration.metadata.isAsked(hardwareVendor: HostHardware.vendor) {
            metadata = InstanceMetadataWatch(configuration, logger: logger)
        }
        await metadata?.read()
        // Reading takes seconds if the service does not answer. An address may disappear in the meantime.
        guard try await AddressWait(configuration, logger: logger).run() else {
            logger.info("sealaned has stopped")
            return
        }
        let agent = try Agent(configuration, path: path, metadata: metadata, logger: logger, log: log) {
            failure.yield($0)
        }
        let server: ControlServer
        let metrics: MetricsServer?
        do {
            server = try await ControlServer.start(
                path: configuration.agent.controlSocket, handler: agent, audit: agent.auditLog, logger: logger)
            do {
                metrics = try await serveMetrics(of: agent)
            } catch {
                await server.stop()
                throw error
            }
        } catch {
            agent.undoStart()
            throw error
        }
        CurrentProcess.returnFreedMemory()
        logger.info(
            "sealaned is up",
            metadata: [
                "version": "\(Release.version)", "interface": "\(configuration.agent.interface)",
                "mtu": "\(agent.mtu)", "crypto": "\(agent.provider.provider): \(agent.provider.reason)",
                "peers": "\(configuration.peers.count)",
            ])
        let lost = await waitForEnd(of: agent, server, failures, hangups)
        await metrics?.stop()
        await server.stop()
        if let lost {
            agent.abandon()
            throw lost
        }
        try agent.stop()
        logger.info("sealaned has stopped")
    }

    /// Nil: the configuration does not serve metrics over TCP.
    private func serveMetrics(of agent: Agent) async throws(ConfigurationError) -> MetricsServer? {
        guard let endpoint = configuration.metricsListen else { return nil }
        do throws(MetricsServerError) {
            return try await MetricsServer.start(endpoint, handler: agent, logger: logger)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "metrics.listen", "\(error)")])
        }
    }

    /// Nil: the task was cancelled.
    private func waitForEnd(
        of agent: Agent, _ server: ControlServer, _ failures: AsyncStream<SystemError>,
        _ hangups: AsyncStream<ProcessSignal>
    ) async -> SystemError? {
        // The tasks are not awaited: a reload that reads from a hanging disk must not delay the agent's end.
        var tasks = [
            Task {
                for await _ in hangups {
                    await server.restore()
                    // A reload that hangs on a file must not block the next signal.
                    Task { await reload(agent) }
                }
            }
        ]
        if agent.metadata != nil { tasks.append(Task { await agent.followInstanceMetadata() }) }
        defer { for task in tasks { task.cancel() } }
        // The cancellation of the task ends the stream.
        for await failure in failures { return failure }
        return nil
    }

    private func reload(_ agent: Agent) async {
        do throws(ControlError) {
            let report = try await agent.reload()
            agent.auditLog?.record(.reloadSignal(error: nil))
            logger.info(
                "configuration reloaded",
                metadata: [
                    "added": "\(report.added.count)", "removed": "\(report.removed.count)",
                    "changed": "\(report.changed.count)",
                ])
        } catch {
            agent.auditLog?.record(.reloadSignal(error: "\(error)"))
        }
    }
}
