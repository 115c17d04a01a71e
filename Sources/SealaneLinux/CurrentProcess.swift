import CLinux
import Glibc

/// The running process as a whole.
public enum CurrentProcess {
    /// Processors that the process may run on (sched_getaffinity(2)).
    public static var processorCount: Int { max(Int(clinux_processor_count()), 1) }

    /// By its number (geteuid(2)).
    public static var effectiveUser: UInt32 { geteuid() }

    /// Gives memory that was freed back to the system (malloc_trim(3)), after work that took much of it for a moment.
    public static func returnFreedMemory() {
        _ = clinux_malloc_trim(0)
    }

    /// Has a write that would make a file longer than RLIMIT_FSIZE fail with EFBIG, instead of ending the process.
    public static func ignoreFileSizeSignal() {
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Has SIGHUP do nothing, until somebody handles it.
    public static func ignoreHangups() {
        signal(SIGHUP, SIG_IGN)
    }

    /// Ends the process as SIGPIPE does, without a word: shells and `set -o pipefail` know that end.
    public static func endForWantOfReaders() {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
    }

    /// Ends a crash where it happens. Swift's runtime would first write a report to standard error, with registers and the
    /// memory they point to.
    public static func disableCrashReports() {
        for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] { signal(number, SIG_DFL) }
    }

    /// Keeps keys out of core files, and other processes of the same user from reading the memory (prctl
    /// PR_SET_DUMPABLE 0, RLIMIT_CORE 0). Files of the process in /proc then belong to root.
    public static func disableCoreDumps() throws(SystemError) {
        try systemCall("setrlimit RLIMIT_CORE", "0") { Int(clinux_forbid_core_files()) }
        try systemCall("prctl PR_SET_DUMPABLE", "0") { Int(clinux_set_dumpable(0)) }
    }
}
