import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneEligibility
import SealaneFleet

struct TopologyPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "path",
        abstract: "Check whether the path between two instances crosses a device that breaks encryption.",
        discussion: """
              sealane topology path i-0a i-0b

            Checks both directions by the rules of AWS routing. If the snapshot lacks something that the check needs, \
            the path does not pass. Pull a new snapshot after changing routes.

            Exit status: 0 the path passes, 3 it does not.
            """)

    @Argument(help: "The ID of an instance or of an interface, or an address.")
    var from: String

    @Argument(help: "The other end, in the same form.")
    var to: String

    @OptionGroup var age: TopologyAgeOptions
    @OptionGroup var place: TopologyOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let snapshot = try place.snapshot.read()
        let (from, to) = try ends(in: snapshot.topology)
        let report = PathReport(
            between: from, and: to, in: snapshot, at: Date(), maximumAge: age.maximum)
        try output.print(report) { $0.text($1) }
        if !report.verdict.eligible { throw ExitStatus.refused }
    }

    /// Returns both ends with addresses of the same family: IPv4 if both have it.
    private func ends(in topology: Topology) throws -> (PathEnd, PathEnd) {
        let candidates = try [from, to].map { name in
            let ends = topology.ends(named: name)
            guard !ends.isEmpty else { throw TopologyProblem("\(place.file) has no \(name)") }
            return ends
        }
        guard let pair = PathEnd.pair(candidates[0], candidates[1]) else {
            throw TopologyProblem("\(from) and \(to) have no addresses of the same family")
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
