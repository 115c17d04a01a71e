import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneEligibility
import SealaneFleet
import SealaneIdentity

struct TopologyPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Tells whether the path between two instances crosses a device; exit status 3 if it does.",
        discussion: """
            Both directions are judged, by AWS's rules. What the snapshot does not tell is no pass: exit status 3 as well.
            """)

    @Argument(help: "An instance's id, an interface's id, or an address.")
    var from: String

    @Argument(help: "Another one.")
    var to: String

    @Option(
        help: ArgumentHelp("How old the snapshot may be. Default: 24h.", valueName: "time"),
        transform: Lifetime.init(argument:))
    var maxAge: Lifetime?

    @OptionGroup var place: TopologyOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let snapshot = try place.snapshot.read()
        let (from, to) = try ends(in: snapshot.topology)
        let report = PathReport(
            between: from, and: to, in: snapshot, at: Date(),
            maximumAge: maxAge.map { .seconds($0.interval) } ?? TopologySnapshot.maximumAge)
        try output.print(report) { $0.text($1) }
        if !report.verdict.eligible { throw ExitStatus.refused }
    }

    /// The two ends, both of the same family: IPv4 where both have it.
    private func ends(in topology: Topology) throws -> (PathEnd, PathEnd) {
        let candidates = try [from, to].map { name in
            let ends = topology.ends(named: name)
            guard !ends.isEmpty else { throw TopologyProblem("\(place.file) has no \(name)") }
            return ends
        }
        guard let pair = PathEnd.pair(candidates[0], candidates[1]) else {
            throw TopologyProblem("\(from) and \(to) have no address of one family")
        }
        for (name, ends) in zip([from, to], candidates) {
            let fitting = ends.filter { $0.address.isIPv4 == pair.0.address.isIPv4 }
            guard fitting.count > 1 else { continue }
            let owners = fitting.compactMap(\.interface?.id).joined(separator: ", ")
            throw TopologyProblem("\(name) is an address of \(owners); expected the id of one of them")
        }
        return pair
    }
}
