import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneFleet
import SealaneLinux

struct TopologyPullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Ask AWS for VPCs, routes and interfaces, and store a snapshot.",
        discussion: """
              sealane topology pull --region us-east-1 --region us-west-2

            Runs the AWS command line interface with your configuration, credentials and environment. It only reads. \
            It needs these permissions: \(AWSCommandLine.permissions.joined(separator: ", ")).

            The command replaces the file as a whole, or not at all. To a file that is not regular, such as \
            /dev/stdout, it writes directly, and prints the summary to standard error.
            """)

    @Option(
        name: .customLong("region"),
        help: ArgumentHelp("A Region to ask. May be repeated. Default: the Region in effect.", valueName: "name"))
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
