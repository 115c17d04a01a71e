import Glibc

/// A process that is attached to a TUN device.
package struct TunHolder: Hashable, Sendable, CustomStringConvertible {
    package let pid: Int32
    /// Its program's name, as ps(1) shows it: at most 15 bytes, which the process itself chose.
    package let name: String
    /// Its effective user; nil if unknown.
    package let user: UInt32?

    /// `pid 4242 (python3, uid 65534)`.
    package var description: String {
        "pid \(pid) (\(name.isEmpty ? "unnamed" : name)\(user.map { ", uid \($0)" } ?? ""))"
    }

    /// The processes with an open queue of the device `name`, except this one. Reads /proc: without root or
    /// CAP_SYS_PTRACE, processes of other users are invisible. /proc does not distinguish interfaces of the same name
    /// in different network namespaces, so processes of other namespaces are returned only if this namespace has none.
    package static func all(of name: String) -> [TunHolder] {
        var here: [TunHolder] = []
        var elsewhere: [TunHolder] = []
        let namespace = target(of: "/proc/self/ns/net")
        for entry in names(in: "/proc") {
            guard let pid = Int32(entry), pid != getpid(), holds(name, pid) else { continue }
            let holder = TunHolder(pid)
            if target(of: "/proc/\(pid)/ns/net") == namespace {
                here.append(holder)
            } else {
                elsewhere.append(holder)
            }
        }
        return here.isEmpty ? elsewhere : here
    }

    /// The advice for a user who finds `device` in use.
    static func advice(_ seen: String, device: String) -> String {
        let holders = all(of: device)
        guard !holders.isEmpty else {
            return "\(seen); no visible process has the device open: "
                + "find it as root with grep -l \(device) /proc/[0-9]*/fdinfo/*, or remove the device: "
                + "ip link delete \(device)"
        }
        return "\(seen); attached: \(holders.map(\.description).joined(separator: ", ")); "
            + "end that process, or remove the device: ip link delete \(device)"
    }

    private init(_ pid: Int32) {
        self.pid = pid
        let bytes = (try? AtomicFile.read("/proc/\(pid)/comm", maximumByteCount: 64)) ?? []
        // A process may choose a name that imitates other text in a log.
        name = String(
            decoding: bytes.filter { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        let status = String(
            decoding: (try? AtomicFile.read("/proc/\(pid)/status", maximumByteCount: 1 << 16)) ?? [], as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("Uid:") }
        // Real, effective, saved, file system.
        user = line?.split(separator: "\t").dropFirst(2).first.flatMap { UInt32($0) }
    }

    /// Kernel: tun_chr_show_fdinfo writes `iff:`, a tab and the name for descriptors of /dev/net/tun.
    private static func holds(_ device: String, _ pid: Int32) -> Bool {
        names(in: "/proc/\(pid)/fdinfo").contains { descriptor in
            let path = "/proc/\(pid)/fdinfo/\(descriptor)"
            guard let bytes = try? AtomicFile.read(path, maximumByteCount: 1 << 16) else { return false }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { $0 == "iff:\t\(device)" }
        }
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var found: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.first?.isNumber == true { found.append(name) }
        }
        return found
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 256)
        let count = readlink(link, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
