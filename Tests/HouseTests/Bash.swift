import Foundation
import Testing

/// The standard output of a line of bash, which has the arguments as `$1`, `$2` and so on. Fails if the line does.
func bash(_ line: String, _ arguments: String...) throws -> String {
    let program = Process()
    program.executableURL = URL(filePath: "/bin/bash")
    program.arguments = ["-euo", "pipefail", "-c", line, "bash"] + arguments
    let output = Pipe()
    program.standardOutput = output
    try program.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    program.waitUntilExit()
    try #require(program.terminationStatus == 0, "\(text)")
    return text
}
