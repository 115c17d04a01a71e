import ArgumentParser
import Logging
import SealaneAgent
import SealaneConfiguration
import SealaneControl
import SealaneLinux
import ServiceLifecycle

/// `sealaned`: the agent. Logs to standard error; SIGTERM and SIGINT end it in order, SIGHUP reloads.
@main
struct SealanedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealaned",
        abstract: "Encrypts traffic between this host and its peers.",
        discussion: """
            Exit status: 0 ended by a signal, 1 failure, 2 wrong usage or configuration.
            """,
        version: Release.version)

    @Option(help: ArgumentHelp("The configuration.", valueName: "file"), completion: .file())
    var config = "/etc/sealane/sealane.yaml"

    @Flag(help: "Only read the configuration and say whether it is valid.")
    var check = false

    static func main() async {
        // Until the agent listens for it, SIGHUP is ignored: it must not end an agent that is about to start.
        CurrentProcess.ignoreHangups()
        let log: AgentLog
        do throws(SystemError) {
            log = try AgentLog()
        } catch {
            StandardError.write("sealaned: \(error)\n")
            exit(withError: ExitCode.failure)
        }
        let status = await run(log)
        log.flush()
        exit(withError: status)
    }

    /// The exit status. What the program has to say goes through `log`, so that it ends whether or not anybody reads that.
    private static func run(_ log: AgentLog) async -> any Error {
        do {
            let command = try parse()
            try await command.run(log)
            return ExitCode.success
        } catch let error as ConfigurationError {
            for line in error.description.split(separator: "\n") { log.tell(String(line)) }
            return ExitCode(2)
        } catch {
            if exitCode(for: error) == .validationFailure {
                for line in fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false) {
                    log.tell(String(line))
                }
                return ExitCode(2)
            }
            if error is CleanExit || exitCode(for: error) == .success { return error }
            log.tell("sealaned: \(error)")
            return ExitCode.failure
        }
    }

    func run(_ log: AgentLog) async throws {
        let configuration = try ConfigurationDecoder.read(config)
        // Whatever fails from here on, nothing leaves in the clear.
        if !check { try OverlayProhibitRoutes.lay(for: configuration) }
        if check {
            let ownKey = configuration.publicKeyOnDisk
            if let ownKey { try configuration.validate(ownKey: ownKey) }
            let unread = ownKey == nil ? "key files" : "key files but the private key's"
            let addresses = try HostAddress.all()
            try configuration.validate(hostAddresses: addresses)
            let notYet = configuration.listenProblems(among: addresses).map { "\($0.problem)\n" }
            try StandardOutput.write(
                Array("\(config): valid; \(unread) were not read\n\(notYet.joined())".utf8))
            return
        }
        try configuration.validateReach()
        try CurrentProcess.disableCoreDumps()
        CurrentProcess.disableCrashReports()
        CurrentProcess.ignoreFileSizeSignal()
        LoggingSystem.bootstrap { log.handler(label: $0) }
        var logger = Logger(label: "sealaned")
        logger.logLevel = configuration.logLevel
        var lifecycle = Logger(label: "sealaned.lifecycle")
        lifecycle.logLevel = max(configuration.logLevel, .warning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: AgentService(configuration, path: config, logger: logger, log: log))
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: lifecycle))
        try await group.run()
    }
}
