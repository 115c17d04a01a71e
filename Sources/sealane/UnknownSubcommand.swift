import ArgumentParser
import SealaneFleet

/// A word in place of a subcommand that does not exist. ArgumentParser would give the word to the default subcommand, or
/// call it an unexpected argument.
struct UnknownSubcommand {
    /// The message: the word, the subcommand that it probably means, and all that there are.
    let message: String

    /// Nil: `arguments`, without the program's name, lead to a subcommand, or to an option before one.
    init?(in arguments: some Sequence<String>, of root: any ParsableCommand.Type) {
        var command = root
        var path: [String] = []
        for word in arguments {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-"), !(path.isEmpty && word == "help") else { return nil }
            if let next = subcommands.first(where: { $0.configuration.answers(to: word) }) {
                command = next
                path.append(word)
                continue
            }
            let names = subcommands.compactMap { $0.configuration.commandName } + (path.isEmpty ? ["help"] : [])
            func whole(_ name: String) -> String { (path + [name]).joined(separator: " ") }
            let guess = word.nearest(among: names).map { "did you mean \"\(whole($0))\"? Expected" } ?? "expected"
            message = "there is no command \"\(whole(word))\"; \(guess) one of: \(names.joined(separator: ", "))"
            return
        }
        return nil
    }
}

extension CommandConfiguration {
    fileprivate func answers(to word: String) -> Bool { commandName == word || aliases.contains(word) }
}
