/// A line of the text output of an iperf3 server (`iperf3 -s --forceflush`, 3.9 to 3.18). Other lines are ignored.
package enum IPerfLine: Sendable, Equatable {
    case listening
    /// A client at this address has connected.
    case accepted(String)
    /// The bytes of one stream in one interval, exact to three digits.
    case carried(UInt64)
    /// The error that iperf3 reports.
    case failed(String)

    /// Returns nil for any other line.
    package init?(_ line: String) {
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

    /// Parses `[  5]   0.00-1.00   sec  4.55 GBytes  39.1 Gbits/sec ...`; nil for sums over streams or over the whole
    /// time.
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
