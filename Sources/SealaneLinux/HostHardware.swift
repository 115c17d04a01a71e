/// What the kernel and the firmware say of the machine.
public enum HostHardware {
    /// The processors' model, as /proc/cpuinfo names it; nil where it does not, as on most arm64 machines.
    public static var processorModel: String? {
        guard let bytes = try? AtomicFile.read("/proc/cpuinfo", maximumByteCount: 16 << 20) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
        let value = line?.split(separator: ":", maxSplits: 1).dropFirst().first
        return value.map { String($0.drop { $0 == " " }) }
    }

    /// Such as `6.1.0-18-amd64`; nil without /proc.
    public static var kernelRelease: String? { firstLine("/proc/sys/kernel/osrelease") }

    /// The name of the host (or its UTS namespace); nil without /proc.
    public static var hostName: String? { firstLine("/proc/sys/kernel/hostname") }

    /// Memory of the machine, in bytes; nil without /proc.
    public static var memoryByteCount: UInt64? {
        // proc_meminfo(5): MemTotal:       16384256 kB
        guard let fields = firstLine("/proc/meminfo")?.split(separator: " "), fields.count >= 2,
            fields[0] == "MemTotal:", let kibibytes = UInt64(fields[1])
        else { return nil }
        return kibibytes << 10
    }

    /// Drawn at random when the machine started: the same in all its containers and namespaces; nil without /proc.
    public static var bootID: String? { firstLine("/proc/sys/kernel/random/boot_id") }

    private static func firstLine(_ path: String) -> String? {
        guard let bytes = try? AtomicFile.read(path, maximumByteCount: 1 << 16) else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    // SMBIOS; kernel: /sys/class/dmi/id

    /// The system's maker, such as `Amazon EC2`; nil where nothing says it: no SMBIOS, or a container without /sys.
    public static var vendor: String? {
        guard let bytes = try? AtomicFile.read("/sys/class/dmi/id/sys_vendor", maximumByteCount: 4096),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        return text.last == "\n" ? String(text.dropLast()) : text
    }
}
