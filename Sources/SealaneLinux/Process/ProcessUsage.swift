import Glibc

/// The resources that a process uses.
package struct ProcessUsage: Sendable, Hashable {
    /// Processor time of all threads, in user mode and in the kernel.
    package let processorSeconds: Double
    package let residentByteCount: UInt64
    package let virtualByteCount: UInt64

    package init(processorSeconds: Double, residentByteCount: UInt64, virtualByteCount: UInt64) {
        self.processorSeconds = processorSeconds
        self.residentByteCount = residentByteCount
        self.virtualByteCount = virtualByteCount
    }
}

extension CurrentProcess {
    /// This process's usage so far: getrusage(2), and the first two numbers of `/proc/self/statm`.
    package static func usage() throws(SystemError) -> ProcessUsage {
        var times = rusage()
        try systemCall("getrusage", "RUSAGE_SELF") {
            negatedErrno(getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &times))
        }
        let path = "/proc/self/statm"
        let text = String(decoding: try AtomicFile.read(path, maximumByteCount: 256) ?? [], as: UTF8.self)
        let pages = text.split(separator: " ").prefix(2).compactMap { UInt64($0) }
        guard pages.count == 2 else {
            throw SystemError(call: "read", errno: ENODATA, subject: path, advice: "expected numbers of pages")
        }
        let pageByteCount = UInt64(clamping: sysconf(Int32(_SC_PAGESIZE)))
        return ProcessUsage(
            processorSeconds: seconds(times.ru_utime) + seconds(times.ru_stime),
            residentByteCount: pages[1] &* pageByteCount, virtualByteCount: pages[0] &* pageByteCount)
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }
}
