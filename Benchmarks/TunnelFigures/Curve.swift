import SealaneFigures

/// A parameter that varies while all others stay fixed. The raw values are its names in the JSON file.
package enum Curve: String, Codable, CaseIterable, Sendable {
    case lanes
    /// Parallel TCP streams.
    case streams
    /// The MTU of the underlay.
    case mtu
    /// The payload of UDP datagrams over an underlay of MTU 1500.
    case packetSize = "packet-size"
    /// The payload of UDP datagrams over an underlay of MTU 9001.
    case jumboPacketSize = "packet-size-mtu-9001"
    /// Peers with traffic: 32 datagrams in a row for one peer, then for the next.
    case activePeersInRuns = "active-peers-runs"
    /// Peers with traffic: each datagram is for the next peer.
    case activePeersInTurn = "active-peers-in-turn"
    /// Peers with new sessions: initiated by the agent one after another, and by the peers all at once.
    case sessions
    /// Peers in the configuration, one of them with traffic.
    case configuredPeers = "configured-peers"

    package var title: String {
        switch self {
        case .lanes: "Lanes (TCP, 4 streams)"
        case .streams: "TCP streams (1 lane)"
        case .mtu: "MTU of the underlay (TCP, 1 stream)"
        case .packetSize: "Packet size (UDP, MTU 1500)"
        case .jumboPacketSize: "Packet size (UDP, MTU 9001)"
        case .activePeersInRuns: "Active peers, in runs of 32 datagrams (UDP, 1,372 B)"
        case .activePeersInTurn: "Active peers, each datagram for another (UDP, 1,372 B)"
        case .sessions: "Sessions"
        case .configuredPeers: "Configured peers, one of them busy (TCP, 1 stream)"
        }
    }

    /// The label of the x axis, with its unit.
    package var axis: String {
        switch self {
        case .lanes: "lanes"
        case .streams: "streams"
        case .mtu: "MTU, bytes"
        case .packetSize, .jumboPacketSize: "payload, bytes"
        case .activePeersInRuns, .activePeersInTurn: "active peers"
        case .sessions: "peers"
        case .configuredPeers: "configured peers"
        }
    }
}

/// A quantity along a curve, in SI units: bit/s, packets/s, seconds, bytes.
package enum ScaleFigure: String, Codable, CaseIterable, Sendable {
    case throughput
    case packets
    /// CPU time of the sending agent for each packet that it sealed, user and system.
    case senderCost = "sender-cpu-per-packet"
    /// CPU time of the receiving agent for each packet that it opened.
    case receiverCost = "receiver-cpu-per-packet"
    /// Resident memory of the agent.
    case memory
    /// Time from the start of the agent until it answers on its control socket.
    case startTime = "start"
    /// Sessions established per second, with the other ends on another core.
    case handshakes
    /// CPU time of the agent for each session that it established as responder.
    case handshakeCost = "cpu-per-handshake"
    /// Time from sending the first packet for a peer without a session until it arrives.
    case setUpP50 = "session-set-up-p50"
    case setUpP99 = "session-set-up-p99"

    package var title: String {
        switch self {
        case .throughput: "Gbit/s"
        case .packets: "1000 packets/s"
        case .senderCost: "sender's agent, CPU ns a packet"
        case .receiverCost: "receiver's agent, CPU ns a packet"
        case .memory: "resident, MiB"
        case .startTime: "start, s"
        case .handshakes: "handshakes/s"
        case .handshakeCost: "CPU µs a handshake"
        case .setUpP50: "session set-up p50, µs"
        case .setUpP99: "session set-up p99, µs"
        }
    }

    /// The factor from SI units to the unit of the title.
    var scale: Double {
        switch self {
        case .throughput: 1e-9
        case .packets: 1e-3
        case .senderCost, .receiverCost: 1e9
        case .memory: 1 / 1_048_576
        case .startTime, .handshakes: 1
        case .handshakeCost, .setUpP50, .setUpP99: 1e6
        }
    }

    /// Formats `value` in the unit of the title.
    package func text(_ value: Double) -> String { Digits.significant(value * scale) }
}
