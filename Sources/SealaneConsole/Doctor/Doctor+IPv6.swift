import SealaneConfiguration
import SealaneLinux
import SealanePacket

/// Whether the tunnel device carries IPv6, if the configuration has IPv6 addresses inside the tunnel.
extension Doctor {
    /// Nil: the configuration has no IPv6 addresses inside the tunnel.
    static func overlayIPv6(_ configuration: Configuration) -> DoctorReport.Check? {
        let name = "tunnel-ipv6"
        let prefixes = configuration.agent.addresses + peers(of: configuration).flatMap(\.addresses)
        let wanted = prefixes.filter { !$0.address.isIPv4 }.map { "\($0)" }
        guard !wanted.isEmpty else { return nil }
        let interface = configuration.agent.interface
        let isThere = (try? NetworkInterface.index(of: interface)) != nil
        let place = isThere ? interface : "default"
        let what = isThere ? interface : "new interfaces"
        switch NetworkInterface.ipv6(of: place) {
        case .on: return .init(name, .ok, "\(what) \(isThere ? "carries" : "carry") IPv6")
        case .disabled:
            return .init(
                name, .problem,
                "IPv6 is disabled on \(what), but the tunnel has to carry \(list(wanted))",
                remedy: "set net.ipv6.conf.\(place).disable_ipv6 to 0"
                    + (isThere ? ", then sealane reload" : "") + "; or use IPv4 addresses only")
        case .absent:
            let reason =
                isThere && NetworkInterface.ipv6(of: "default") != .absent
                ? "\(interface) has no IPv6, because its MTU is below 1280" : "the kernel runs without IPv6"
            return .init(
                name, .problem, "\(reason), but the tunnel has to carry \(list(wanted))",
                remedy: "use IPv4 addresses only, or enable IPv6 on this host")
        }
    }
}
