import CLinux
import Glibc

/// What the calling thread may do beyond an ordinary user (capabilities(7)).
public enum Capability {
    /// CAP_NET_ADMIN is in effect: TUN devices, addresses, routes, marks. In a user namespace: for the network
    /// namespaces that belong to it.
    public static var hasNetAdmin: Bool {
        var mask: UInt64 = 0
        return clinux_effective_capabilities(&mask) >= 0 && mask & (1 << UInt64(CAP_NET_ADMIN)) != 0
    }

    /// CAP_NET_ADMIN is in the bounding set: a process without it can never get it, not even as root.
    public static var canHaveNetAdmin: Bool {
        clinux_capability_in_bounding_set(CAP_NET_ADMIN) == 1
    }
}
