import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures what the tunnel to another host costs.",
        discussion: """
            On the other host: sealane bench serve --listen ITS-ADDRESS --listen ITS-OVERLAY-ADDRESS --peer YOUR-ADDRESS
            --peer YOUR-OVERLAY-ADDRESS. Then here: sealane bench run --peer NAME. Both hosts need iperf3.
            """,
        subcommands: [BenchServeCommand.self, BenchRunCommand.self, BenchCompareCommand.self])
}
