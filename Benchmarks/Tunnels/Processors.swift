import Foundation
import Glibc
import NetworkLab
import TestSupport

/// CPU times and load of this machine.
enum Processors {
    private static let ticksPerSecond = Double(sysconf(CInt(_SC_CLK_TCK)))

    /// CPU time of all processors since the machine started, including interrupts.
    static func busySeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        // proc_stat(5): user nice system idle iowait irq softirq
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard fields.count >= 7 else { throw Failure("/proc/stat does not begin with the times of all processors") }
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / ticksPerSecond
    }

    /// The average number of runnable threads over the last minute.
    static func loadAverage() throws -> Double {
        let text = try String(contentsOfFile: "/proc/loadavg", encoding: .utf8)
        guard let load = Double(text.prefix { $0 != " " }) else {
            throw Failure("/proc/loadavg does not begin with the load of the last minute: \(text)")
        }
        return load
    }

    /// CPU time of a process and its threads, user and kernel.
    fileprivate static func seconds(of pid: pid_t) throws -> Double {
        // proc_pid_stat(5): utime, stime
        try (ticks(14, of: pid) + ticks(15, of: pid)) / ticksPerSecond
    }

    /// Seconds since the start of a process.
    fileprivate static func age(of pid: pid_t) throws -> Double {
        let text = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
        guard let uptime = Double(text.prefix { $0 != " " }) else {
            throw Failure("/proc/uptime does not begin with the machine's age: \(text)")
        }
        // proc_pid_stat(5): starttime
        return try uptime - ticks(22, of: pid) / ticksPerSecond
    }

    private static func ticks(_ field: Int, of pid: pid_t) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // proc_pid_stat(5): the name may contain anything. The first field after it is field 3, the state.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > field - 2, let ticks = Double(fields[field - 2]) else {
            throw Failure("/proc/\(pid)/stat has no times of the process: \(text)")
        }
        return ticks
    }
}

extension Program {
    var processorSeconds: Double {
        get throws { try Processors.seconds(of: pid) }
    }

    var secondsSinceStart: Double {
        get throws { try Processors.age(of: pid) }
    }
}
