import Foundation
import TestSupport

/// The `openssl` command, which knows nothing of Sealane: the judge of what Sealane makes, and the maker of what it reads.
struct OpenSSL {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    struct Outcome: CustomStringConvertible {
        let status: Int32
        let output: String

        var description: String { "exit status \(status): \(output)" }
    }

    func run(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(filePath: scratch.root)
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }

    func path(_ name: String) -> String { scratch.path(name) }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path(name))))
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(filePath: path(name)))
    }
}
