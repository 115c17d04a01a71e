import SealaneConfiguration
import SealaneControl
import SealaneLinux

/// The packet filter that keeps packets of the overlay inside the tunnel.
extension Doctor {
    private static var consequence: String { "cleartext packets from the link are accepted as a peer's" }

    /// - Parameter agent: the running agent's status; nil: no agent runs, or it cannot be asked.
    static func overlayFilter(_ configuration: Configuration, agent: StatusReport?) -> DoctorReport.Check {
        let name = "overlay-filter"
        let interface = configuration.agent.interface
        let table = "table inet \(OverlayFilter.tableName(interface: interface))"
        let isExpected = agent?.interface == interface
        let state: OverlayFilter.State?
        do throws(SystemError) {
            state = try OverlayFilter.state(
                OverlayFilter.Scope(configuration.agent, laneCount: agent?.lanes ?? 1),
                prefixes: configuration.peers.flatMap(\.addresses).map { "\($0)" })
        } catch {
            if SystemError.meansNotPermitted(error.errno) {
                return .init(
                    name, .warning, "\(table) cannot be read: \(error)",
                    remedy: "run this command as root or with CAP_NET_ADMIN")
            }
            guard error.meansNoNetfilter else { return .init(name, .problem, "\(error)") }
            return .init(
                name, .warning, "this kernel has no nf_tables, so \(consequence): \(error)",
                remedy: "load the kernel module nf_tables, then restart sealaned")
        }
        guard let state else {
            let isDeviceThere = (try? NetworkInterface.index(of: interface)) != nil
            guard isExpected || isDeviceThere else {
                return .init(name, .ok, "\(table) does not exist yet: the agent creates it")
            }
            return .init(
                name, .problem, "\(table) is missing: \(consequence)", remedy: "start sealaned, which creates it again")
        }
        guard state.isWhole else {
            return .init(
                name, .problem, "\(table) was changed, so \(consequence)",
                remedy: "restart sealaned, which creates it again; nft list table inet "
                    + "\(OverlayFilter.tableName(interface: interface)) shows it")
        }
        return .init(
            name, .ok,
            "\(table) keeps \(ReportStyle.count(state.prefixCount, "prefix", "prefixes")); dropped in the clear: "
                + "\(state.counts.received) received, \(state.counts.sent) sent")
    }
}
