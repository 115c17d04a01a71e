import Glibc

/// Processor time of other processes and of the whole host. For this process, see `CurrentProcess.usage()`.
package enum ProcessorTime {
    /// Seconds of all threads of a process, in user mode and in the kernel (clock_getcpuclockid(3)). Nil: this PID
    /// namespace has no such process.
    package static func seconds(ofProcess pid: Int32) -> Double? {
        var clock = clockid_t()
        var time = timespec()
        guard pid > 0, clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The same for each running thread. Empty if the kernel does not report it (CONFIG_SCHED_INFO).
    package static func threadSeconds(ofProcess pid: Int32) -> [(thread: Int32, seconds: Double)] {
        guard let directory = opendir("/proc/\(pid)/task") else { return [] }
        defer { closedir(directory) }
        var found: [(thread: Int32, seconds: Double)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            // A thread may end in between. kernel: Documentation/scheduler/sched-stats.rst: the first number is
            // nanoseconds on a processor.
            guard let thread = Int32(name),
                let bytes = try? AtomicFile.read("/proc/\(pid)/task/\(name)/schedstat", maximumByteCount: 256),
                let nanoseconds = UInt64(String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self))
            else { continue }
            found.append((thread, Double(nanoseconds) / 1e9))
        }
        return found
    }

    /// Seconds that all processors of the host together have worked since boot, interrupts included: `/proc/stat`, with
    /// a resolution of its ticks (10 ms).
    package static func busySeconds() throws(SystemError) -> Double {
        let path = "/proc/stat"
        let text = String(decoding: try AtomicFile.readExisting(path, maximumByteCount: 4 << 20), as: UTF8.self)
        // proc_stat(5): user nice system idle iowait irq softirq
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard fields.count >= 7 else {
            throw SystemError(
                call: "read", errno: ENODATA, subject: path, advice: "expected the times of all processors")
        }
        let ticks = fields[0] + fields[1] + fields[2] + fields[5] + fields[6]
        return ticks / Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    }
}
