import ArgumentParser

/// The options that `run` and `scale` share.
struct RunOptions: ParsableArguments {
    @Option(help: "The number of rounds. Default: 5.") var rounds: Int?
    @Option(help: "Seconds of one measurement. Default: 1.") var seconds: Double?
    @Flag(help: "Measure one round of a few points. Do not quote its figures.") var quick = false
    @Option(help: "The directory of sealaned and sealane. Default: that of this program.") var programs: String?
    @Option(help: "Write the figures to this file.") var json: String?
    @Option(help: "Write the page to this file, and its chart beside it.") var markdown: String?

    var roundCount: Int { rounds ?? (quick ? 1 : 5) }
    var secondsPerMeasurement: Double { seconds ?? 1 }

    func validate() throws {
        if let rounds, rounds < 1 { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
        if let seconds, !(0.5...60).contains(seconds) {
            throw ValidationError("--seconds must be 0.5 to 60, not \(seconds)")
        }
    }
}
