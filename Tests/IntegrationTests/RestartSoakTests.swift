import Foundation
import NetworkLab
import TestSupport
import Testing

extension Integration {
    /// Run by `make soak-restart`.
    @Suite(
        .enabled(
            if: ProcessInfo.processInfo.environment["SEALANE_SOAK_CYCLES"] != nil,
            "takes minutes: make soak-restart runs it"))
    struct RestartSoakTests {
        @Test func `no packet leaves in the clear over all cycles`() async throws {
            let count = ProcessInfo.processInfo.environment["SEALANE_SOAK_CYCLES"].flatMap { Int($0) } ?? 200
            let (a, b) = try await FloorTests.hosts()
            for host in [a, b] { try await host.startAgent() }
            let captures = [try await ClearCapture(on: a), try await ClearCapture(on: b)]
            let traffic = [
                OverlayTraffic(from: a, to: FloorTests.destinations),
                OverlayTraffic(from: b, to: FloorTests.destinations.map { $0.replacing("2", with: "1") }),
            ]
            for cycle in 0..<count {
                let event = RestartEvent.allCases[cycle % RestartEvent.allCases.count]
                try await event.befall(a)
                if cycle % RestartEvent.allCases.count == 0 { try await a.mustCarry(to: "10.78.0.2") }
            }
            for sender in traffic { try await sender.stop() }
            for capture in captures {
                let packets = try await capture.packets()
                #expect(packets.isEmpty, "\(packets.count): \(packets.prefix(20).joined(separator: "\n"))")
            }
            print("\(count) cycles, \(traffic[0].sentCount) datagrams sent, \(traffic[0].refusedCount(13)) refused")
        }
    }
}
