import CLinux
import Glibc

/// What rtnetlink knows of one interface.
struct NetworkLink {
    let index: Int32
    /// `tun` (a TAP device too), `veth`, ...; nil for hardware and the loopback.
    let kind: String?
    /// For a TUN device: somebody is attached to it.
    let hasCarrier: Bool

    /// nil when there is no interface `name` in the calling thread's network namespace.
    static func find(_ name: String) throws(SystemError) -> NetworkLink? {
        let socket = try NetlinkSocket()
        var link: OpaquePointer?
        let result = rtnl_link_get_kernel(socket.handle, 0, name, &link)
        if result == -NLE_NODEV || result == -NLE_OBJ_NOTFOUND { return nil }
        guard result >= 0, let link else {
            throw SystemError(call: "RTM_GETLINK", errno: NetlinkSocket.errno(ofLibrary: result), subject: name)
        }
        defer { rtnl_link_put(link) }
        return NetworkLink(
            index: rtnl_link_get_ifindex(link), kind: rtnl_link_get_type(link).map { String(cString: $0) },
            hasCarrier: rtnl_link_get_carrier(link) != 0)
    }
}
