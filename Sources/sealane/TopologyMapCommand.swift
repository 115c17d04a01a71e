import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneEligibility
import SealaneFleet
import SealaneLinux

struct TopologyMapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Write a page that shows which pairs of instances would be encrypted, and why others would not.",
        discussion: """
              sealane topology map --html map.html

            The page checks the types, Regions and VPCs of the instances and the routes between them, at the time of \
            the snapshot. It needs no network and shows at most \(TopologyPage.hostLimit) instances.

            Exit status: 3 the snapshot is older than --max-age, so that no page is written.
            """)

    @Option(help: ArgumentHelp("The page to write.", valueName: "path"), completion: .file(extensions: ["html"]))
    var html: String

    @OptionGroup var age: TopologyAgeOptions
    @OptionGroup var place: TopologyOptions

    func run() throws {
        let snapshot = try place.snapshot.read()
        if let reason = PathAnalysis.ageReason(snapshot.age(at: Date()), maximumAge: age.maximum) {
            StandardError.write(
                "sealane: \(place.file): \(reason.observed); expected \(reason.required): take a new one "
                    + "(sealane topology pull), or allow its age (--max-age)\n")
            throw ExitStatus.refused
        }
        guard let page = TopologyPage(snapshot) else {
            throw TopologyProblem(
                "\(place.file) has \(snapshot.topology.hosts.count) instances; expected at most \(TopologyPage.hostLimit)"
            )
        }
        try OutputFile.write(html, Array(page.html.utf8))
    }
}
