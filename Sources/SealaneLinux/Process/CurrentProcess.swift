import CLinux
import Glibc

/// The running process as a whole.
package enum CurrentProcess {
    /// Processors that the process may run on (sched_getaffinity(2)).
    package static var processorCount: Int { max(Int(clinux_processor_count()), 1) }

    /// The effective user's number (geteuid(2)).
    package static var effectiveUser: UInt32 { geteuid() }

    /// Returns freed memory to the system (malloc_trim(3)), after work that briefly needed much of it.
    package static func returnFreedMemory() {
        _ = clinux_malloc_trim(0)
    }

    /// Makes a write beyond RLIMIT_FSIZE fail with EFBIG instead of ending the process.
    package static func ignoreFileSizeSignal() {
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Ignores SIGHUP until something handles it.
    package static func ignoreHangups() {
        signal(SIGHUP, SIG_IGN)
    }

    /// Ends the process silently by SIGPIPE, an end that shells and `set -o pipefail` know.
    package static func endForWantOfReaders() {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
    }

    /// Ends a crash where it happens. Swift's runtime would first write a report to standard error, with registers and
    /// the memory that they point to.
    package static func disableCrashReports() {
        for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] { signal(number, SIG_DFL) }
    }

    /// Keeps keys out of core files, and keeps other processes of the same user from reading the memory (prctl
    /// PR_SET_DUMPABLE 0, RLIMIT_CORE 0). The process's files in /proc then belong to root.
    package static func disableCoreDumps() throws(SystemError) {
        try systemCall("setrlimit RLIMIT_CORE", "0") { Int(clinux_forbid_core_files()) }
        try systemCall("prctl PR_SET_DUMPABLE", "0") { Int(clinux_set_dumpable(0)) }
    }
}
