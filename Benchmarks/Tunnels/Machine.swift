import Foundation
import TunnelFigures

extension Measurements.Machine {
    /// Reads the facts of this machine.
    static func read() -> Measurements.Machine {
        let processor = field("model name", ":", in: "/proc/cpuinfo")
        let system = field("PRETTY_NAME", "=", in: "/etc/os-release").trimmingCharacters(in: ["\""])
        let limit = text("/proc/sys/net/core/rmem_max").trimmingCharacters(in: .whitespacesAndNewlines)
        return Measurements.Machine(
            cpu: processor.isEmpty ? "unknown" : processor, cores: ProcessInfo.processInfo.activeProcessorCount,
            memoryByteCount: Int(ProcessInfo.processInfo.physicalMemory),
            kernel: text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines),
            system: system.isEmpty ? "unknown" : system, receiveBufferLimit: Int(limit) ?? 0)
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    private static func field(_ name: String, _ separator: Character, in path: String) -> String {
        let line = text(path).split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return line.split(separator: separator, maxSplits: 1).last.map {
            $0.trimmingCharacters(in: .whitespaces)
        } ?? ""
    }
}
