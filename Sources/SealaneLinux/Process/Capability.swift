import CLinux
import Glibc

/// Whether the calling thread has privileges beyond an ordinary user's (capabilities(7)).
package enum Capability {
    /// CAP_NET_ADMIN is effective: TUN devices, addresses, routes, marks. In a user namespace, it applies to the
    /// network namespaces that this namespace owns.
    package static var hasNetAdmin: Bool {
        var mask: UInt64 = 0
        return clinux_effective_capabilities(&mask) >= 0 && mask & (1 << UInt64(CAP_NET_ADMIN)) != 0
    }

    /// CAP_NET_ADMIN is in the bounding set: without it, a process can never get the capability, not even as root.
    package static var canHaveNetAdmin: Bool {
        clinux_capability_in_bounding_set(CAP_NET_ADMIN) == 1
    }
}
