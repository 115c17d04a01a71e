import ArgumentParser
import Logging
import SealaneAgent
import SealaneConfiguration
import SealaneControl
import SealaneLinux

/// `sealaned`: the agent. It logs to standard error. SIGTERM and SIGINT shut it down, SIGHUP reloads the configuration.
@main
struct SealanedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealaned",
        abstract: "Encrypts traffic between this host and its peers.",
        discussion: """
            Exit status: 0 shut down by a signal, 1 failure, 2 wrong usage or configuration.
            """,
        version: Release.version)

    @Option(help: ArgumentHelp("The configuration.", valueName: "file"), completion: .file())
    var config = "/etc/sealane/sealane.yaml"

    @Flag(help: "Check the configuration, and the files and directories that it names, and exit. Changes nothing.")
    var check = false

    static func main() async {
        // SIGHUP is ignored until the agent listens for it: it must not end an agent that is about to start.
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

    /// Runs the program and returns its exit status. All output goes through `log`, so that the program ends even if
    /// nobody reads it.
    private static func run(_ log: AgentLog) async -> any Error {
        do {
            let command = try parse()
            try await command.run(log)
            return ExitCode.success
        } catch let error as ConfigurationError {
            for line in error.description.split(separator: "\n") { log.write(String(line)) }
            return ExitCode(2)
        } catch {
            if exitCode(for: error) == .validationFailure {
                for line in fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false) {
                    log.write(String(line))
                }
                return ExitCode(2)
            }
            if error is CleanExit || exitCode(for: error) == .success { return error }
            log.write("sealaned: \(error)")
            return ExitCode.failure
        }
    }

    func run(_ log: AgentLog) async throws {
        let configuration = try ConfigurationDecoder.read(config)
        // From here on, no overlay packet leaves in the clear, whatever fails.
        if !check { try OverlayProhibitRoutes.add(for: configuration) }
        if check {
            let notes = try configuration.validateFiles().map { "\($0)\n" }
            let addresses = try HostAddress.all()
            try configuration.validate(hostAddresses: addresses)
            let notYet = configuration.listenProblems(among: addresses).map { "\($0.problem)\n" }
            try StandardOutput.write(
                Array("\(config): valid\n\(notes.joined())\(notYet.joined())".utf8))
            return
        }
        try configuration.validateReach()
        try CurrentProcess.disableCoreDumps()
        CurrentProcess.disableCrashReports()
        CurrentProcess.ignoreFileSizeSignal()
        LoggingSystem.bootstrap { log.handler(label: $0) }
        var logger = Logger(label: "sealaned")
        logger.logLevel = configuration.logLevel
        let service = AgentService(configuration, path: config, logger: logger, log: log)
        try await Interruption.cancels(on: [.interrupt, .terminate]) { try await service.run() }
    }
}
