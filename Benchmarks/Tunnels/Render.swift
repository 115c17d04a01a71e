import ArgumentParser
import Foundation
import TunnelFigures

/// Writes the page and its chart from the JSON file of a run.
struct Render<Results: RunResults>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Results.renderCommandName,
            abstract: "Write the page \(Results.defaultFileName.dropLast(5)).md and its chart from the JSON file.",
            discussion: "Use it after a change of the page's text. It measures nothing and changes no figure.")
    }

    @Argument(help: "The JSON file of a run.")
    var json: String

    @Argument(help: "The page to write. The chart is written beside it, as .svg.")
    var markdown: String

    func run() throws {
        try Results.read(json).writePage(markdown, json: json)
    }
}
