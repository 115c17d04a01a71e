import ArgumentParser

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the cost of the tunnel to another host.",
        discussion: """
            Compares the network with and without the tunnel: throughput, loss-free datagram rate, round trips, \
            connection set-up and CPU time. It loads the network and both hosts fully, so do not run it beside \
            production traffic. Both hosts need iperf3.

            On the other host:
              sealane bench serve --listen ITS-ADDRESS --listen ITS-OVERLAY-ADDRESS \\
                --peer YOUR-ADDRESS --peer YOUR-OVERLAY-ADDRESS

            Then here:
              sealane bench run --peer NAME
            """,
        subcommands: [BenchServeCommand.self, BenchRunCommand.self, BenchCompareCommand.self])
}
