import FoundationEssentials
import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneLinux
import SealanePacket

/// Takes away what the agent of one device has left in the kernel, once it has ended: the device with its addresses and
/// routes, and the floor under it. May be repeated, and needs no agent. From then on packets to the peers' prefixes go
/// wherever this host's other routes lead, in the clear.
package struct Teardown: Sendable {
    private let interface: String
    private let controlSocket: String
    /// Whose traffic is told of besides what the floor had.
    private let prefixes: [String]

    /// - Parameter controlSocket: nil: the configuration's.
    package init(_ configuration: Configuration, controlSocket: String? = nil) {
        interface = configuration.agent.interface
        self.controlSocket = controlSocket ?? configuration.agent.controlSocket
        prefixes = OverlayProhibitRoutes.prefixes(configuration.agent.addresses, configuration.peers)
    }

    /// - Parameter controlSocket: where an agent would answer.
    package init(interface: String, controlSocket: String) {
        self.interface = interface
        self.controlSocket = controlSocket
        prefixes = []
    }

    package func run() async throws -> DownReport {
        try await refuseIfAgentRuns()
        // An interface of another kind is nobody's device that Sealane made; what an agent left under its name goes all the same.
        let isForeign = try TunDevice.isOfOtherKind(interface)
        let isDeviceRemoved = try !isForeign && TunDevice.remove(interface)
        let isFilterRemoved = try OverlayFilter.remove(interface: interface)
        // The last, so that packets are refused until all is said and done.
        let floor = try RouteFloor.remove(under: interface)
        if isForeign, !isFilterRemoved, floor.isEmpty { throw TeardownError.noTunDevice(interface) }
        let all = Set(floor + prefixes).compactMap { IPPrefix($0) }.sorted {
            ($0.address.isIPv4 ? 0 : 1, $0.address, $0.length) < ($1.address.isIPv4 ? 0 : 1, $1.address, $1.length)
        }
        return DownReport(
            interface: interface, deviceRemoved: isDeviceRemoved, filterRemoved: isFilterRemoved,
            foreignDeviceKept: isForeign, prohibitionsRemoved: floor.count,
            traffic: try all.map { prefix throws(SystemError) in try DownReport.Traffic(to: prefix) })
    }

    private func refuseIfAgentRuns() async throws {
        // Where none answers, whoever is attached to the device is seen all the same.
        let client = ControlClient(socketPath: controlSocket, timeout: .seconds(2))
        let status: StatusReport?
        do throws(ControlClientError) {
            status = try await client.status().report
        } catch {
            status = nil
            // One that has not started yet does not say of which device it is.
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
