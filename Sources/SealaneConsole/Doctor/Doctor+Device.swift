import SealaneControl
import SealaneLinux

/// The tunnel device, whoever made it.
extension Doctor {
    /// - Parameter agent: the running agent's status, or why it could not be asked.
    static func tunnelDevice(
        _ interface: String, agent answer: Result<StatusReport, ControlClientError>?
    ) -> DoctorReport.Check {
        let name = "tunnel-device"
        let agent = try? answer?.get()
        let mayRun: Bool =
            switch answer {
            case nil, .success?, .failure(.agentNotRunning)?: false
            case .failure?: true
            }
        let state: TunDevice.State
        do throws(SystemError) {
            guard let found = try TunDevice.state(of: interface) else {
                guard agent?.interface == interface else {
                    return .init(name, .ok, "\(interface) does not exist yet: the agent creates it")
                }
                return .init(
                    name, .problem, "\(interface) was removed while the agent runs", remedy: "restart sealaned")
            }
            state = found
        } catch {
            return .init(name, .problem, "\(error)")
        }
        let seen =
            "\(interface) has \(state.owner.map { "owner uid \($0)" } ?? "no owner"), "
            + "\(state.group.map { "group gid \($0)" } ?? "no group") and "
            + ReportStyle.count(state.queueCount, "queue")
        let expected = agent?.interface == interface ? agent?.lanes ?? 0 : 0
        if state.queueCount > expected {
            let holders = TunHolder.all(of: interface).filter { $0.pid != agent?.pid }
            let named =
                holders.isEmpty
                ? "no other process is visible that has the device open"
                : "attached: \(holders.map(\.description).joined(separator: ", "))"
            let absent = mayRun ? "the agent cannot be asked" : "no agent runs"
            let opened = agent == nil ? absent : "the agent opened \(expected)"
            return .init(
                name, mayRun && !state.isOpenToAll ? .warning : .problem, "\(seen); \(opened); \(named)",
                remedy:
                    "end every attached process except the agent: it reads and writes the tunnel's packets in the clear"
            )
        }
        if state.isOpenToAll {
            return .init(
                name, .problem, "\(seen): any user who can open /dev/net/tun can attach to it",
                remedy: "restart sealaned, which takes the device over")
        }
        return .init(name, .ok, seen)
    }
}
