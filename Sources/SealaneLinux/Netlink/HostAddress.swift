import CLinux
import Glibc

/// An address of this host, and whether its packets may use it.
public struct HostAddress: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case usable
        /// Duplicate address detection has not finished (RFC 4862 section 5.4), or waits for the link's carrier. The
        /// kernel binds no socket to the address.
        case tentative
        /// Duplicate address detection has found another host with the address (kernel: IFA_F_DADFAILED). It stays
        /// unusable.
        case duplicate
    }

    /// Without a port. A link-local IPv6 address has its interface as scope.
    public let address: SocketAddress
    /// The name of the interface with the address.
    package let interface: String
    public let state: State

    package init(address: SocketAddress, interface: String, state: State = .usable) {
        self.address = address
        self.interface = interface
        self.state = state
    }

    /// All addresses of the calling thread's network namespace, in the kernel's order.
    public static func all() throws(SystemError) -> [HostAddress] {
        var found: [HostAddress] = []
        let socket = try NetlinkSocket()
        try socket.dump("RTM_GETADDR", rtnl_addr_alloc_cache) { address in
            let index = rtnl_addr_get_ifindex(address)
            guard let local = rtnl_addr_get_local(address),
                let prefix = NetworkPrefix(libraryAddress: local, family: rtnl_addr_get_family(address)),
                let interface = NetworkInterface.name(of: index)
            else { return }
            let scope = prefix.isLinkLocalIPv6 ? UInt32(bitPattern: index) : 0
            found.append(
                HostAddress(
                    address: SocketAddress(
                        high: prefix.address.high, low: prefix.address.low, port: 0, scope: scope),
                    interface: interface, state: State(flags: rtnl_addr_get_flags(address))))
        }
        return found
    }
}

extension HostAddress.State {
    /// Kernel: IFA_F_... An optimistic address (RFC 4429) is tentative but usable.
    fileprivate init(flags: UInt32) {
        func has(_ flag: CInt) -> Bool { flags & UInt32(flag) != 0 }
        if has(IFA_F_DADFAILED) {
            self = .duplicate
        } else if has(IFA_F_TENTATIVE), !has(IFA_F_OPTIMISTIC) {
            self = .tentative
        } else {
            self = .usable
        }
    }
}
