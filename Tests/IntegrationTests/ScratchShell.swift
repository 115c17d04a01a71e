import NetworkLab
import TestSupport
import Testing

/// Runs shell command lines in a scratch directory, with the built programs in the PATH. Needs no agent and no network.
struct ScratchShell {
    let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    /// The output is everything that the line does not redirect.
    func run(_ line: String) async throws -> Outcome {
        let path = "PATH=\(Host.programs.path):$PATH"
        let program = try Program(["sh", "-c", "cd \(directory.root) && \(path) && \(line)"], in: directory)
        let status = await program.status(within: .seconds(60))
        return Outcome(arguments: [line], status: status, output: program.output)
    }

    /// Requires exit status 0. Returns the output.
    @discardableResult
    func succeed(_ line: String) async throws -> String {
        let outcome = try await run(line)
        try #require(outcome.status == 0, "\(outcome)")
        return outcome.output
    }
}
