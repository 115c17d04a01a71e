import Glibc
import Synchronization

/// The size that files of this process may reach (RLIMIT_FSIZE): how a write fails on an ordinary file.
///
/// It holds for all threads, so take one that no other test reaches, and a sparse file that is as long.
package enum FileSizeLimit {
    private static let turn = Mutex(())

    /// Runs `body` while no file may grow beyond `byteCount`. Writes beyond it fail with EFBIG.
    package static func with(_ byteCount: UInt64, _ body: () throws -> Void) throws {
        try turn.withLock { _ in
            signal(SIGXFSZ, SIG_IGN)
            let before = try set(byteCount)
            defer { _ = try? set(before) }
            try body()
        }
    }

    /// Returns the one before.
    private static func set(_ byteCount: UInt64) throws -> UInt64 {
        let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { throw Failure("getrlimit: errno \(errno)") }
        let before = limit.rlim_cur
        limit.rlim_cur = rlim_t(byteCount)
        guard setrlimit(resource, &limit) == 0 else { throw Failure("setrlimit: errno \(errno)") }
        return UInt64(before)
    }
}
