import Foundation
import SealaneFleet
import TestSupport
import Testing

@Suite("The AWS CLI")
struct AWSCommandLineTests {
    @Test("is killed at its time limit, and the error contains the command")
    func timeLimit() async throws {
        let directory = try ScratchDirectory()
        try directory.write("#!/bin/sh\necho $$ >'\(directory.path("pid"))'\nexec sleep 600\n", to: "aws", mode: 0o755)
        let aws = AWSCommandLine(environment: ["PATH": "\(directory.root):/usr/bin:/bin"], timeLimit: .seconds(1))
        await #expect {
            try await aws.snapshot(of: ["eu-west-1"], at: Date())
        } throws: { error in
            "\(error)" == "aws sts get-caller-identity --region eu-west-1: it did not finish within 1 s"
        }
        // On a busy machine it may be killed before it starts.
        guard let text = try? String(contentsOfFile: directory.path("pid"), encoding: .utf8), !text.isEmpty else {
            return
        }
        let pid = try #require(Int32(text.dropLast()))
        #expect(kill(pid, 0) == -1)
    }
}
