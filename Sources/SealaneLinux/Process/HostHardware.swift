/// The kernel's and the firmware's description of the machine.
package enum HostHardware {
    /// The processor model in /proc/cpuinfo; nil if it has none, as on most arm64 machines.
    package static var processorModel: String? {
        guard let bytes = try? AtomicFile.read("/proc/cpuinfo", maximumByteCount: 16 << 20) else { return nil }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
        let value = line?.split(separator: ":", maxSplits: 1).dropFirst().first
        return value.map { String($0.drop { $0 == " " }) }
    }

    /// For example `6.1.0-18-amd64`; nil without /proc.
    package static var kernelRelease: String? { firstLine("/proc/sys/kernel/osrelease") }

    /// The name of the host (or its UTS namespace); nil without /proc.
    package static var hostName: String? { firstLine("/proc/sys/kernel/hostname") }

    /// Memory of the machine, in bytes; nil without /proc.
    package static var memoryByteCount: UInt64? {
        // proc_meminfo(5): MemTotal:       16384256 kB
        guard let fields = firstLine("/proc/meminfo")?.split(separator: " "), fields.count >= 2,
            fields[0] == "MemTotal:", let kibibytes = UInt64(fields[1])
        else { return nil }
        return kibibytes << 10
    }

    /// A random value that the kernel draws at boot: the same in all containers and namespaces of the machine; nil
    /// without /proc.
    package static var bootID: String? { firstLine("/proc/sys/kernel/random/boot_id") }

    private static func firstLine(_ path: String) -> String? {
        guard let bytes = try? AtomicFile.read(path, maximumByteCount: 1 << 16) else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    // SMBIOS; kernel: /sys/class/dmi/id

    /// The system vendor, for example `Amazon EC2`; nil without SMBIOS, or in a container without /sys.
    package static var vendor: String? {
        guard let bytes = try? AtomicFile.read("/sys/class/dmi/id/sys_vendor", maximumByteCount: 4096),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        return text.last == "\n" ? String(text.dropLast()) : text
    }
}
