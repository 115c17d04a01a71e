import Glibc
import SealaneLinux

/// A network namespace for real interfaces that do not touch the host's.
package enum PrivateNamespace {
    /// Moves the calling thread alone into a new, empty network namespace, whose loopback is down. It ends with its last thread,
    /// process and socket. Needs CAP_SYS_ADMIN.
    package static func enter() throws {
        // unshare(2), which Swift's Glibc module does not show.
        guard let symbol = dlsym(nil, "unshare") else { throw Failure("this C library has no unshare") }
        let unshare = unsafeBitCast(symbol, to: (@convention(c) (CInt) -> CInt).self)
        let newNetwork: CInt = 0x4000_0000
        guard unshare(newNetwork) == 0 else {
            throw SystemError(call: "unshare CLONE_NEWNET", errno: errno, subject: "", advice: "needs CAP_SYS_ADMIN")
        }
    }
}
