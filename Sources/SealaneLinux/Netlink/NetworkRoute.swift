import CLinux
import Glibc

/// The kernel's route to a destination.
package struct NetworkRoute: Hashable, Sendable {
    /// The length of the longest packet for this destination, in bytes with the IP header: the MTU of the route or
    /// interface, or less if the kernel has learnt of a smaller path MTU.
    package let mtu: Int
    /// The packets' source address.
    package let source: SocketAddress
    /// The outgoing interface; nil if the kernel does not report it.
    package let interfaceIndex: Int32?

    /// Asks the kernel. Sends nothing.
    /// - Parameters:
    ///   - destination: its port is ignored.
    ///   - source: the local address to send from (its port is ignored); nil lets the kernel choose.
    ///   - mark: the firewall mark for policy routing. Needs CAP_NET_ADMIN.
    package static func probe(
        to destination: SocketAddress, from source: SocketAddress? = nil, mark: UInt32? = nil
    ) throws(SystemError) -> NetworkRoute {
        let isIPv6 = !destination.isIPv4
        let descriptor = try FileDescriptor.socket(isIPv6 ? AF_INET6 : AF_INET, SOCK_DGRAM)
        let number = descriptor.number
        if let mark { try descriptor.setMark(mark) }
        if let source, !source.isWildcard {
            let advice = { (errno: Int32) -> String? in
                errno == EADDRNOTAVAIL ? "\(source.addressText) is not an address of this host" : nil
            }
            let local = SocketAddress(high: source.high, low: source.low, port: 0, scope: source.scope)
            try systemCall("bind", "UDP \(source.addressText)", advice: advice) {
                local.withSockaddr(forIPv6Socket: isIPv6) { negatedErrno(Glibc.bind(number, $0, $1)) }
            }
        }
        let remote = SocketAddress(
            high: destination.high, low: destination.low, port: destination.port == 0 ? 9 : destination.port,
            scope: destination.scope)
        let advice = { (errno: Int32) -> String? in
            errno == ENETUNREACH ? "there is no route to \(destination.addressText)" : nil
        }
        try systemCall("connect", "UDP \(remote)", advice: advice) {
            remote.withSockaddr(forIPv6Socket: isIPv6) { negatedErrno(Glibc.connect(number, $0, $1)) }
        }
        let mtu =
            isIPv6
            ? try descriptor.option(CInt(IPPROTO_IPV6), IPV6_MTU, "IPV6_MTU")
            : try descriptor.option(CInt(IPPROTO_IP), IP_MTU, "IP_MTU")
        let local = try SocketAddress.read("getsockname") { getsockname(number, $0, $1) }
        return NetworkRoute(
            mtu: Int(mtu), source: SocketAddress(high: local.high, low: local.low, port: 0, scope: local.scope),
            interfaceIndex: try egress(to: destination, from: local, mark: mark))
    }

    private static func egress(
        to destination: SocketAddress, from source: SocketAddress, mark: UInt32?
    ) throws(SystemError) -> Int32? {
        guard case .out(let hops) = try lookUp(destination, from: source, mark: mark, NetlinkSocket()) else {
            return nil
        }
        return hops.first?.interfaceIndex
    }
}
