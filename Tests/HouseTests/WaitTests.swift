import Testing

@Suite struct WaitTests {
    /// Files with waits of a fixed length, grouped by the reason that makes them sound.
    private static let reasoned = [
        // The test is about time itself.
        "Tests/SealaneLinuxTests/EpollTests.swift", "Tests/SealaneLinuxTests/ThreadAndClockTests.swift",
        // One pass of a loop that ends by a condition.
        "Tests/IntegrationTests/NumberedFlows.swift", "Tests/SealaneBenchTests/BenchServerTests.swift",
        "Tests/NetworkLab/Waiting.swift", "Tests/SealaneLinuxTests/TunOffloadTests.swift",
        "Tests/SealaneLinuxTests/ProhibitRoutesTests.swift", "Tests/IntegrationTests/ClearTraffic.swift",
        // The length of a load, or how long something would take that the test gives up.
        "Tests/IntegrationTests/FloodTests.swift", "Tests/IntegrationTests/BenchTests.swift",
        "Tests/IntegrationTests/LogTests.swift", "Tests/IntegrationTests/NarrowPathTests.swift",
        "Tests/IntegrationTests/RestartEvent.swift", "Tests/IntegrationTests/UnderlayTests.swift",
        "Tests/SealaneBenchTests/BenchSessionTests.swift", "Tests/AgentTestSupport/ScratchAgent.swift",
        // The limit that ends a hanging program.
        "Tests/NetworkLab/Program.swift",
        // A program for `make fleet` that prints how long it waits.
        "Tests/UncheckedHandshake/UncheckedHandshake.swift",
    ]

    @Test func `tests wait for conditions, not for fixed times`() throws {
        let pattern = #/timeoutNanoseconds: [1-9]|Task\.sleep\(|\busleep\(|\bsleep\(\d/#
        let found = try House.files(under: "Tests", suffix: ".swift").filter { !Self.reasoned.contains($0.path) }
            .filter { $0.path != "Tests/HouseTests/WaitTests.swift" }.flatMap { $0.places(of: pattern) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
        // A file that is gone or no longer waits must leave the list.
        for path in Self.reasoned {
            let file = try #require(try TextFile(path), "\(path)")
            #expect(!file.places(of: pattern).isEmpty, "\(path)")
        }
    }
}
