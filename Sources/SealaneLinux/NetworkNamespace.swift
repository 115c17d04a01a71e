import CLinux
import Glibc

/// The network namespace of the calling thread: its interfaces, addresses, routes and sockets.
public enum NetworkNamespace {
    /// Moves the calling thread alone into a new, empty namespace (a loopback that is down), which ends with the last
    /// thread, process and socket in it. For trying things on real interfaces without touching the host's. Needs
    /// CAP_SYS_ADMIN.
    public static func enterPrivate() throws(SystemError) {
        try systemCall(
            "unshare CLONE_NEWNET", "", advice: { $0 == EPERM ? "needs CAP_SYS_ADMIN" : nil }
        ) { Int(clinux_unshare_network()) }
    }
}
