import ArgumentParser
import SealaneConsole
import SealaneLinux

struct TopologyMapCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Writes a page that shows which pairs of instances would be encrypted, and why not.",
        discussion: """
            By the instances' types, Regions and VPCs, and by the routes between them, as of the snapshot's time. \
            At most \(TopologyPage.hostLimit) instances.
            """)

    @Option(help: ArgumentHelp("The page to write.", valueName: "path"), completion: .file(extensions: ["html"]))
    var html: String

    @OptionGroup var place: TopologyOptions

    func run() throws {
        let snapshot = try place.snapshot.read()
        guard let page = TopologyPage(snapshot) else {
            throw TopologyProblem(
                "\(place.file) has \(snapshot.topology.hosts.count) instances; expected at most \(TopologyPage.hostLimit)"
            )
        }
        try OutputFile.write(html, Array(page.html.utf8))
    }
}
