import CLinux
import Glibc

/// The process that connected the other end of a Unix socket, as the kernel recorded it at that time (SO_PEERCRED).
package struct PeerCredentials: Hashable, Sendable {
    package let pid: Int32
    package let uid: UInt32
    package let gid: UInt32

    package init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    /// - Parameter fileDescriptor: a connected Unix stream socket; the caller keeps it.
    package static func of(fileDescriptor: CInt) throws(SystemError) -> PeerCredentials {
        var credentials = clinux_ucred()
        try systemCall("getsockopt SO_PEERCRED", "descriptor \(fileDescriptor)") {
            Int(clinux_peer_credentials(fileDescriptor, &credentials))
        }
        return PeerCredentials(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid)
    }
}
