import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneFleet
import SealaneLinux

struct TopologyPullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Asks AWS for VPCs, routes and interfaces, and stores the answers.",
        discussion: """
            Runs the AWS command line interface with your configuration, credentials and environment. It only asks; these \
            permissions are needed: \(AWSCommandLine.permissions.joined(separator: ", ")).

            The file is replaced as a whole, or not at all. What is not a regular file, such as /dev/stdout, is written to as it \
            is; the summary then goes to standard error.
            """)

    @Option(
        name: .customLong("region"),
        help: ArgumentHelp("A Region to ask; repeatable. Default: the one in effect.", valueName: "name"))
    var regions: [String] = []

    @Option(help: ArgumentHelp("A profile of the AWS configuration.", valueName: "name"))
    var profile: String?

    @OptionGroup var place: TopologyOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let now = Date()
        let aws = AWSCommandLine(profile: profile)
        let snapshot = try await aws.snapshot(of: regions.isEmpty ? [aws.region()] : regions, at: now)
        try place.snapshot.write(snapshot)
        let report = TopologyReport(snapshot, file: place.file)
        if OutputFile.isStandardOutput(place.file) {
            StandardError.write(report.text(ReportStyle(isColoured: false, now: now)))
        } else {
            try output.print(report) { $0.text($1) }
        }
    }
}
