import FoundationEssentials
import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneLinux
import SealanePacket

/// Removes what a stopped agent has left in the kernel: the tunnel device with its addresses and routes, the overlay
/// filter, and the routes that prohibit the peers' prefixes. May be repeated, and needs no agent. Afterwards packets to
/// these prefixes follow this host's other routes, in the clear.
package struct Teardown: Sendable {
    private let interface: String
    private let controlSocket: String
    /// Prefixes to report on, in addition to those of the removed routes.
    private let prefixes: [String]

    /// - Parameter controlSocket: nil: the one of the configuration.
    package init(_ configuration: Configuration, controlSocket: String? = nil) {
        interface = configuration.agent.interface
        self.controlSocket = controlSocket ?? configuration.agent.controlSocket
        prefixes = OverlayProhibitRoutes.prefixes(configuration.agent.addresses, configuration.peers)
    }

    /// - Parameter controlSocket: the socket of the agent that may be running.
    package init(interface: String, controlSocket: String) {
        self.interface = interface
        self.controlSocket = controlSocket
        prefixes = []
    }

    package func run() async throws -> DownReport {
        try await refuseIfAgentRuns()
        // Sealane did not make an interface of another kind, so it stays. What an agent left under its name is removed
        // all the same.
        let isForeign = try TunDevice.isOfOtherKind(interface)
        let isDeviceRemoved = try !isForeign && TunDevice.remove(interface)
        let isFilterRemoved = try OverlayFilter.remove(interface: interface)
        // Last, so that packets are refused until everything else is gone.
        let prohibited = try ProhibitRoutes.remove(of: interface)
        if isForeign, !isFilterRemoved, prohibited.isEmpty { throw TeardownError.noTunDevice(interface) }
        let all = Set(prohibited + prefixes).compactMap { IPPrefix($0) }.sorted {
            ($0.address.isIPv4 ? 0 : 1, $0.address, $0.length) < ($1.address.isIPv4 ? 0 : 1, $1.address, $1.length)
        }
        return DownReport(
            interface: interface, deviceRemoved: isDeviceRemoved, filterRemoved: isFilterRemoved,
            foreignDeviceKept: isForeign, prohibitionsRemoved: prohibited.count,
            traffic: try all.map { prefix throws(SystemError) in try DownReport.Traffic(to: prefix) })
    }

    private func refuseIfAgentRuns() async throws {
        // An agent that does not answer is still attached to the device, which is checked below.
        let client = ControlClient(socketPath: controlSocket, timeout: .seconds(2))
        let status: StatusReport?
        do throws(ControlClientError) {
            status = try await client.status().report
        } catch {
            status = nil
            // An agent that waits to start does not report its device.
            if case .refused(let error) = error, error.code == .unavailable {
                throw TeardownError.agentWaits(controlSocket, error.message)
            }
        }
        if let status, status.interface == interface {
            throw TeardownError.agentRuns(interface, "pid \(status.pid)")
        }
        if try TunDevice.isInUse(interface) { throw TeardownError.agentRuns(interface, "a process is attached to it") }
    }
}
