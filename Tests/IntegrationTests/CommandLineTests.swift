import NetworkLab
import Testing

/// Words of the command line that `sealane` does not know. They need no agent and no network.
@Suite struct CommandLineTests {
    @Test(arguments: [
        ("peer lst", "there is no command \"peer lst\"; did you mean \"peer list\"? Expected one of: list, show, "),
        ("statsu", "there is no command \"statsu\"; did you mean \"status\"? Expected one of: status, peer, "),
        ("Doctor", "did you mean \"doctor\"?"), ("ca sing d r", "did you mean \"ca sign\"?"),
        ("hepl", "did you mean \"help\"?"),
        ("bench compar", "there is no command \"bench compar\"; did you mean \"bench compare\"?"),
        ("key private", "there is no command \"key private\"; expected one of: generate, public\n"),
        ("frobnicate", "there is no command \"frobnicate\"; expected one of: status, "),
    ])
    func `an unknown command exits with 2 and says which one is meant`(line: String, expected: String) async throws {
        let outcome = try await ScratchShell().run("sealane \(line)")
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.output.contains(expected), "\(outcome)")
        #expect(!outcome.output.contains("Unexpected argument"), "\(outcome)")
    }

    @Test func `known commands, their help and options before them are left to the parser`() async throws {
        let shell = try ScratchShell()
        for line in ["help peer", "peer --help", "--version", "catalog show m5n", "topology path --help"] {
            try await shell.succeed("sealane \(line)")
        }
    }
}
