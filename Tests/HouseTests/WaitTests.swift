import Testing

@Suite("The tests")
struct WaitTests {
    /// Waits of a length of their own, each with what makes it sound.
    private static let reasoned = [
        // Time itself is what is tested.
        "Tests/SealaneLinuxTests/EpollTests.swift", "Tests/SealaneLinuxTests/ThreadAndClockTests.swift",
        // One turn of a loop that ends by a condition.
        "Tests/IntegrationTests/NumberedFlows.swift", "Tests/SealaneBenchTests/BenchServerTests.swift",
        "Tests/NetworkLab/Waiting.swift", "Tests/SealaneLinuxTests/TunOffloadTests.swift",
        "Tests/SealaneLinuxTests/RouteFloorTests.swift", "Tests/IntegrationTests/ClearTraffic.swift",
        // How long a load goes on, or how long something that is to be given up would take.
        "Tests/IntegrationTests/FloodTests.swift", "Tests/IntegrationTests/BenchTests.swift",
        "Tests/IntegrationTests/LogTests.swift", "Tests/IntegrationTests/NarrowPathTests.swift",
        "Tests/IntegrationTests/RestartEvent.swift", "Tests/IntegrationTests/UnderlayTests.swift",
        "Tests/SealaneBenchTests/BenchSessionTests.swift", "Tests/AgentTestSupport/ScratchAgent.swift",
        // The guard that ends what hangs.
        "Tests/NetworkLab/Program.swift",
        // A program for `make fleet`, which says how long it waits.
        "Tests/UncheckedHandshake/UncheckedHandshake.swift",
    ]

    @Test("none depends on some seconds being enough: they wait for a condition, and Patience ends what hangs")
    func waits() throws {
        let pattern = #/timeoutNanoseconds: [1-9]|Task\.sleep\(|\busleep\(|\bsleep\(\d/#
        let found = try House.files(under: "Tests", suffix: ".swift").filter { !Self.reasoned.contains($0.path) }
            .filter { $0.path != "Tests/HouseTests/WaitTests.swift" }.flatMap { $0.places(of: pattern) }
        #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
        // A file that is gone, or waits no more, needs no reason.
        for path in Self.reasoned {
            let file = try #require(try TextFile(path), "\(path)")
            #expect(!file.places(of: pattern).isEmpty, "\(path)")
        }
    }
}
