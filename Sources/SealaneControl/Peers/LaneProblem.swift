/// The lanes that carry no packets to a peer.
package struct LaneProblem: Equatable {
    /// Lane numbers.
    package var silent: [Int] = []
    package var reduced: [Int] = []
    /// The UDP ports of silent lanes, on this host and on the peer.
    package var ports: Set<UInt16> = []
    package var peerPorts: Set<UInt16> = []

    /// Nil: every lane is in use or being tried.
    package init?(of lanes: [PeerReport.Lane]) {
        for (number, lane) in lanes.enumerated() {
            switch lane.state {
            case .inUse, .validating: continue
            case .silent:
                silent.append(number)
                ports.insert(lane.port)
                peerPorts.insert(lane.peerPort)
            case .reduced: reduced.append(number)
            }
        }
        guard !silent.isEmpty || !reduced.isEmpty else { return nil }
    }

    /// `lanes 1-3 do not answer`
    package var what: String {
        var parts: [String] = []
        if !silent.isEmpty { parts.append("\(Self.lanes(silent)) not answer") }
        if !reduced.isEmpty { parts.append("\(Self.lanes(reduced)) not carry datagrams of full size") }
        return parts.joined(separator: "; ")
    }

    /// `open UDP 7326-7328 here and UDP 7326-7328 at the peer`
    package var remedy: String {
        guard !silent.isEmpty else { return "find the device on the path that treats these ports differently" }
        let (here, there) = (Self.ranges(ports.sorted()), Self.ranges(peerPorts.sorted()))
        return "open UDP \(here) on this host and UDP \(there) on the peer, in firewalls and security groups, for both "
            + "directions"
    }

    private static func lanes(_ numbers: [Int]) -> String {
        "\(numbers.count == 1 ? "lane" : "lanes") \(ranges(numbers)) \(numbers.count == 1 ? "does" : "do")"
    }

    /// `1-3, 5` of sorted numbers.
    package static func ranges(_ numbers: [some BinaryInteger]) -> String {
        var ranges: [(first: Int, last: Int)] = []
        for number in numbers.map({ Int($0) }) {
            if let last = ranges.last?.last, number == last + 1 {
                ranges[ranges.count - 1].last = number
            } else {
                ranges.append((number, number))
            }
        }
        return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ", ")
    }
}

extension PeerReport {
    /// The problem with this host's lanes; nil: there is none.
    package var laneProblem: LaneProblem? { session.flatMap { LaneProblem(of: $0.lanes) } }
}
