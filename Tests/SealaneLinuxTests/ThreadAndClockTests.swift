import Glibc
import SealaneLinux
import Synchronization
import TestSupport
import Testing

@Suite struct ThreadAndClockTests {
    private final class Notes: Sendable {
        let name = Lock("")
        let processors = Lock("")
        let blocked = Lock<[CInt]>([])
    }

    @Test func `a thread runs its body, has its name and blocks all signals`() throws {
        let notes = Notes()
        let thread = try LinuxThread.start(name: "sealane-lane-number-12") {
            var bytes = [UInt8](repeating: 0, count: 64)
            let file = open("/proc/thread-self/comm", O_RDONLY)
            let count = read(file, &bytes, bytes.count)
            close(file)
            notes.name.withLock { $0 = String(decoding: bytes[..<max(count, 0)], as: UTF8.self) }
            var mask = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &mask)
            notes.blocked.withLock { blocked in
                blocked = [SIGTERM, SIGINT, SIGHUP, SIGUSR1].filter { sigismember(&mask, $0) == 1 }
            }
        }
        thread.join()
        thread.join()
        #expect(notes.name.withLock { $0 } == "sealane-lane-nu\n")
        #expect(notes.blocked.withLock { $0 } == [SIGTERM, SIGINT, SIGHUP, SIGUSR1])
    }

    @Test func `a limited join returns at its timeout, and may be repeated`() throws {
        let notes = Notes()
        let thread = try LinuxThread.start(name: "slow") {
            while notes.name.withLock({ $0.isEmpty }) { LinuxThread.yield() }
        }
        #expect(!thread.join(within: .milliseconds(20)))
        notes.name.withLock { $0 = "end" }
        #expect(thread.join(within: Patience.limit))
        #expect(thread.join(within: .zero))
    }

    /// The processors that the calling thread may run on, in the kernel's notation: `0-1,4`.
    private static func allowedProcessors() -> String {
        let status = (try? AtomicFile.read("/proc/thread-self/status", maximumByteCount: 65_536)) ?? nil
        let lines = String(decoding: status ?? [], as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("Cpus_allowed_list:") }
        return line?.split(separator: "\t").last.map(String.init) ?? "unknown"
    }

    @Test func `a bound thread runs on its processor only, and other threads keep theirs`() throws {
        let before = Self.allowedProcessors()
        let ends = before.split { !$0.isNumber }.compactMap { Int($0) }
        for processor in try Set([#require(ends.first), #require(ends.last)]) {
            let notes = Notes()
            try LinuxThread.start(name: "bound", on: processor) {
                notes.processors.withLock { $0 = Self.allowedProcessors() }
            }.join()
            #expect(notes.processors.withLock { $0 } == "\(processor)")
        }
        let notes = Notes()
        try LinuxThread.start(name: "free") { notes.processors.withLock { $0 = Self.allowedProcessors() } }.join()
        #expect(notes.processors.withLock { $0 } == before)
        #expect(Self.allowedProcessors() == before)
    }

    @Test(arguments: [-1, 1023, 1024, 65_536, Int.max])
    func `a missing processor is refused, and the body does not run`(processor: Int) throws {
        let notes = Notes()
        let error = systemError {
            try LinuxThread.start(name: "nowhere", on: processor) { notes.name.withLock { $0 = "ran" } }.join()
        }
        #expect(error?.errno == EINVAL)
        #expect(error?.description.contains("processor \(processor)") == true, "\(error as Any)")
        #expect(notes.name.withLock { $0 } == "")
    }

    @Test func `the monotonic clock never goes back and counts nanoseconds`() {
        var last = MonotonicClock.now()
        for _ in 0..<100_000 {
            let time = MonotonicClock.now()
            #expect(time >= last)
            last = time
        }
        let before = MonotonicClock.now()
        usleep(2000)
        #expect((2_000_000..<Patience.nanoseconds).contains(MonotonicClock.now() - before))
    }

    @Test func `the wall clock agrees with the C library's`() {
        let before = Int64(time(nil))
        let ours = WallClock.now()
        // time(2) may lag by a kernel tick.
        #expect((before...Int64(time(nil)) + 1).contains(ours.seconds))
        #expect(ours.nanoseconds < 1_000_000_000)
    }

    @Test func `a Unix socket's peer is this process`() throws {
        var pair: [CInt] = [0, 0]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { pair.forEach { _ = close($0) } }
        let peer = try PeerCredentials.of(fileDescriptor: pair[0])
        #expect(peer == PeerCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
        let error = systemError { _ = try PeerCredentials.of(fileDescriptor: -1) }
        #expect(error?.errno == EBADF)
    }

    @Test func `capabilities agree with /proc`() throws {
        let status = try #require(try AtomicFile.read("/proc/thread-self/status", maximumByteCount: 65536))
        let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
        func bit(_ field: String) throws -> Bool {
            let line = try #require(lines.first { $0.hasPrefix(field) })
            let mask = try #require(UInt64(line.split(separator: "\t").last ?? "", radix: 16))
            return mask & 1 << 12 != 0
        }
        #expect(Capability.hasNetAdmin == (try bit("CapEff:")))
        #expect(Capability.canHaveNetAdmin == (try bit("CapBnd:")))
    }
}
