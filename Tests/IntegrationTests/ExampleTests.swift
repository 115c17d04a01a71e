import Foundation
import NetworkLab
import TestSupport
import Testing

extension Integration {
    @Suite struct ExampleTests {
        private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Examples")

        @Test(arguments: ["demo", "fleet"])
        func `every example runs as described`(example: String) async throws {
            let script = Self.folder.appending(path: "\(example)/run").path
            let program = try Program([script, Host.programs.path], in: ScratchDirectory())
            let status = await program.status(within: .seconds(120))
            #expect(status == 0, "\(program.output)")
        }
    }
}
