/// A line that an iperf3 server writes for people (`iperf3 -s --forceflush`, 3.9 to 3.18), as far as it matters.
public enum IPerfLine: Sendable, Equatable {
    case listening
    /// A client at this address has connected.
    case accepted(String)
    /// One stream has carried so many bytes in one interval: exact to three digits.
    case carried(UInt64)
    /// What iperf3 could not do.
    case failed(String)

    /// nil: nothing of these.
    public init?(_ line: String) {
        if line.hasPrefix("Server listening on") {
            self = .listening
        } else if let rest = line.after("Accepted connection from ") {
            self = .accepted(String(rest.prefix { $0 != "," }))
        } else if let rest = line.after("iperf3: error - ") ?? line.after("iperf3: ") {
            self = .failed(String(rest))
        } else if let bytes = Self.bytes(ofInterval: line) {
            self = .carried(bytes)
        } else {
            return nil
        }
    }

    /// Of `[  5]   0.00-1.00   sec  4.55 GBytes  39.1 Gbits/sec ...`; nil for sums over streams or over the whole time.
    private static func bytes(ofInterval line: String) -> UInt64? {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard line.hasPrefix("["), !line.hasPrefix("[SUM]"), words.last != "sender", words.last != "receiver",
            let second = words.firstIndex(of: "sec"), words.count > second + 2,
            let number = Double(words[second + 1]), number.isFinite, number >= 0
        else { return nil }
        let scale: Double
        switch words[second + 2] {
        case "Bytes": scale = 1
        case "KBytes": scale = 0x1p10
        case "MBytes": scale = 0x1p20
        case "GBytes": scale = 0x1p30
        case "TBytes": scale = 0x1p40
        default: return nil
        }
        let bytes = number * scale
        return bytes < 0x1p63 ? UInt64(bytes) : nil
    }
}

extension String {
    fileprivate func after(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
