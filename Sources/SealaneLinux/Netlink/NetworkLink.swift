import CLinux
import Glibc

/// An interface, as rtnetlink reports it.
struct NetworkLink {
    let index: Int32
    let name: String
    /// In bytes.
    let mtu: Int
    let isUp: Bool
    /// `tun` (also for a TAP device), `veth`, ...; nil for hardware and the loopback.
    let kind: String?
    /// For a TUN device: a process is attached.
    let hasCarrier: Bool

    /// Nil if the calling thread's network namespace has no interface `name`.
    static func find(_ name: String) throws(SystemError) -> NetworkLink? {
        try find(0, name)
    }

    /// The same, by interface index.
    static func find(_ index: Int32) throws(SystemError) -> NetworkLink? {
        try find(index, nil)
    }

    private static func find(_ index: Int32, _ name: String?) throws(SystemError) -> NetworkLink? {
        let socket = try NetlinkSocket()
        var link: OpaquePointer?
        let result = rtnl_link_get_kernel(socket.handle, index, name, &link)
        if result == -NLE_NODEV || result == -NLE_OBJ_NOTFOUND { return nil }
        guard result >= 0, let link else {
            throw SystemError(
                call: "RTM_GETLINK", errno: NetlinkSocket.errno(ofLibrary: result), subject: name ?? "\(index)")
        }
        defer { rtnl_link_put(link) }
        return NetworkLink(
            index: rtnl_link_get_ifindex(link),
            name: rtnl_link_get_name(link).map { String(cString: $0) } ?? name ?? "",
            mtu: Int(rtnl_link_get_mtu(link)), isUp: rtnl_link_get_flags(link) & UInt32(IFF_UP) != 0,
            kind: rtnl_link_get_type(link).map { String(cString: $0) },
            hasCarrier: rtnl_link_get_carrier(link) != 0)
    }
}
