import Foundation

/// A mapping of this process's memory, as proc_pid_smaps(5) lists it.
struct Mapping {
    let addresses: Range<UInt>
    /// "rw-p"; "---p" if the memory is inaccessible.
    let permissions: Substring
    /// "lo": locked; "dd": excluded from core dumps.
    let flags: [Substring]

    /// All mappings of the process, in the order of their addresses.
    static func all() throws -> [Mapping] {
        var mappings: [Mapping] = []
        var header: (addresses: Range<UInt>, permissions: Substring)?
        for line in try content(of: "/proc/self/smaps").split(separator: "\n") {
            if let match = line.prefixMatch(of: #/([0-9a-f]+)-([0-9a-f]+) ([rwxps-]{4}) /#) {
                header = ((UInt(match.1, radix: 16) ?? 0)..<(UInt(match.2, radix: 16) ?? 0), match.3)
            } else if line.hasPrefix("VmFlags: "), let (addresses, permissions) = header {
                let flags = line.split(separator: " ").dropFirst()
                mappings.append(Mapping(addresses: addresses, permissions: permissions, flags: Array(flags)))
            }
        }
        return mappings
    }

    /// The mapping that contains `address`, with those directly before and after it.
    static func around(_ address: UInt) throws -> (before: Mapping?, here: Mapping, behind: Mapping?)? {
        let all = try all()
        guard let at = all.firstIndex(where: { $0.addresses.contains(address) }) else { return nil }
        let here = all[at]
        let before = all[..<at].last.flatMap { $0.addresses.upperBound == here.addresses.lowerBound ? $0 : nil }
        let behind = all[(at + 1)...].first.flatMap { $0.addresses.lowerBound == here.addresses.upperBound ? $0 : nil }
        return (before, here, behind)
    }

    static func count() throws -> Int { try content(of: "/proc/self/maps").split(separator: "\n").count }

    /// Reads to the end: Foundation reads only the first page of such a file.
    private static func content(of path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }
}

/// Bytes of this process's memory, whoever owns it; nil if nothing is mapped there.
func memory(at address: UInt, count: Int) throws -> [UInt8]? {
    let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/mem"))
    try file.seek(toOffset: UInt64(address))
    return (try? file.read(upToCount: count)).map { Array($0) }
}
