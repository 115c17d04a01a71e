import Glibc
import SealaneLinux
import TestSupport

/// Runs `body` on a thread of its own: what blocks there does not hold up Swift's pool. Expectations belong into the
/// caller: on that thread, they would not be known to be this test's.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        do {
            _ = try LinuxThread.start(name: "test") { continuation.resume(with: Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// Runs tests' bodies on real interfaces, in network namespaces that end with them.
enum PrivateNetwork {
    /// Why there is none here, or nil.
    private static let unavailable = Task { () -> String? in
        do {
            try await run { _ = try TunQueue.open(name: "probe0", persistent: false).interfaceIndex }
            return nil
        } catch {
            return "needs a network namespace and a TUN device of its own: \(error)"
        }
    }

    static func isAvailable() async -> Bool {
        let unavailable = await unavailable.value
        if let unavailable { print("skipped: \(unavailable)") }
        return unavailable == nil
    }

    /// Runs `body` on a thread in a new network namespace whose loopback is up, and with a table of open files that it
    /// shares only with the threads it starts. What it opens must end before it does.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await onThread {
            try OpenFiles.leaveOthers()
            try PrivateNamespace.enter()
            try InterfaceConfiguration.setUp("lo")
            return try body()
        }
    }
}

/// The table of open files of the calling thread.
enum OpenFiles {
    /// Gives the calling thread a table with nothing but the standard streams: other tests open and close files meanwhile.
    static func leaveOthers() throws {
        // close_range(2) is there since glibc 2.34, but Swift's Glibc module does not show it.
        guard let symbol = dlsym(nil, "close_range") else { throw Failure("this C library has no close_range") }
        let closeRange = unsafeBitCast(symbol, to: (@convention(c) (UInt32, UInt32, CInt) -> CInt).self)
        let unshare: CInt = 1 << 1
        guard closeRange(3, .max, unshare) == 0 else {
            throw SystemError(call: "close_range", errno: errno, subject: "CLOSE_RANGE_UNSHARE")
        }
    }

    /// What each open file is, in order of the text: `anon_inode:[eventfd]`, `socket:[4711]`, `/dev/net/tun`.
    static func all() throws -> [String] {
        let path = "/proc/thread-self/fd"
        guard let directory = opendir(path) else { throw SystemError(call: "opendir", errno: errno, subject: path) }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let number = CInt(name), number != dirfd(directory) else { continue }
            var target = [CChar](repeating: 0, count: 256)
            let count = readlink("\(path)/\(name)", &target, target.count)
            found.append(String(decoding: target.prefix(max(count, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        return found.sorted()
    }
}
