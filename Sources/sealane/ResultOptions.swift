import ArgumentParser
import SealaneLinux

/// Where a command writes the file that it makes.
struct ResultOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file to write, as a whole or not at all. Default: standard output.", valueName: "path"),
        completion: .file())
    var out: String?

    /// - Parameter mode: the permissions of a new file. An existing file keeps its own.
    func write(_ bytes: [UInt8], mode: UInt32 = 0o644) throws {
        guard let out else { return try StandardOutput.write(bytes) }
        try OutputFile.write(out, bytes, mode: mode)
    }
}
