import ArgumentParser
import Logging
import SealaneAgent
import SealaneLinux
import SealanePacket
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
        do {
            let command = try parse()
            try await command.run()
        } catch let error as ConfigurationError {
            StandardError.write("\(error)\n")
            exit(withError: ExitCode(2))
        } catch {
            if exitCode(for: error) == .validationFailure {
                StandardError.write(fullMessage(for: error) + "\n")
                exit(withError: ExitCode(2))
            }
            if error is CleanExit || exitCode(for: error) == .success { exit(withError: error) }
            StandardError.write("sealaned: \(error)\n")
            exit(withError: ExitCode.failure)
        }
    }

    func run() async throws {
        let configuration = try ConfigurationDecoder.read(config)
        // Whatever fails from here on, nothing leaves in the clear.
        if !check { try OverlayFloor.lay(for: configuration) }
        let addresses = try NetworkInterface.all().flatMap(\.addresses).compactMap { IPAddress(bytes: $0.bytes) }
        try configuration.validate(localAddresses: addresses)
        if check {
            try StandardOutput.write(Array("\(config): valid; key files were not read\n".utf8))
            return
        }
        try CurrentProcess.disableCoreDumps()
        CurrentProcess.disableCrashReports()
        CurrentProcess.ignoreFileSizeSignal()
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "sealaned")
        logger.logLevel = configuration.logLevel
        var lifecycle = Logger(label: "sealaned.lifecycle")
        lifecycle.logLevel = max(configuration.logLevel, .warning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: AgentService(configuration, path: config, logger: logger))
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: lifecycle))
        try await group.run()
    }
}
