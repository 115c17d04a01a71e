import SealaneFigures

/// One measured quantity of a contender, in SI units: bit/s, packets/s, seconds, CPU seconds per GiB, bytes.
package enum Figure: String, Codable, CaseIterable, Sendable {
    case tcp1 = "tcp-1-stream"
    case tcp1Reverse = "tcp-1-stream-reverse"
    case tcp4 = "tcp-4-streams"
    case tcp4Reverse = "tcp-4-streams-reverse"
    /// Datagrams per second that arrive while the sender sends as many as it can.
    case udp64Delivered = "udp-64-delivered"
    /// The greatest rate of datagrams per second that loses less than 0.1 %.
    case udp64LossFree = "udp-64-loss-free"
    case udp1400Delivered = "udp-1400-delivered"
    case udp1400LossFree = "udp-1400-loss-free"
    /// Each host has a processor core.
    case idleP50 = "round-trip-idle-p50"
    case idleP99 = "round-trip-idle-p99"
    /// Both hosts share one core, so that only the work along the path counts.
    case oneCoreP50 = "round-trip-one-core-p50"
    case oneCoreP99 = "round-trip-one-core-p99"
    /// While one TCP stream runs.
    case loadedP50 = "round-trip-loaded-p50"
    case loadedP99 = "round-trip-loaded-p99"
    /// The median of the last third of these round trips over that of the first third. Above 1, a queue grows.
    case loadedGrowth = "round-trip-loaded-growth"
    /// The throughput of that stream meanwhile.
    case loadedTCP = "round-trip-loaded-tcp"
    /// CPU time of the sending end's agent, for TCP with 1 stream.
    case senderCost = "sender-cpu"
    case receiverCost = "receiver-cpu"
    /// CPU time of the whole machine: agents, kernel, load generators.
    case machineCost = "machine-cpu"
    /// Resident memory of the larger agent, after all the load.
    case memory = "memory"

    package enum Group: String, CaseIterable, Sendable {
        case tcp, udp, roundTrip, load, cost, memory

        package var title: String {
            switch self {
            case .tcp: "TCP, Gbit/s"
            case .udp: "UDP, 1000 datagrams per second"
            case .roundTrip: "Round trip, µs"
            case .load: "Latency under load: round trip, µs, beside one TCP stream"
            case .cost: "CPU seconds per GiB (TCP, 1 stream)"
            case .memory: "Resident memory, MiB"
            }
        }
    }

    package var group: Group {
        switch self {
        case .tcp1, .tcp1Reverse, .tcp4, .tcp4Reverse: .tcp
        case .udp64Delivered, .udp64LossFree, .udp1400Delivered, .udp1400LossFree: .udp
        case .idleP50, .idleP99, .oneCoreP50, .oneCoreP99: .roundTrip
        case .loadedP50, .loadedP99, .loadedGrowth, .loadedTCP: .load
        case .senderCost, .receiverCost, .machineCost: .cost
        case .memory: .memory
        }
    }

    /// The column title under the title of the group.
    package var title: String {
        switch self {
        case .tcp1: "1 stream"
        case .tcp1Reverse: "1, reverse"
        case .tcp4: "4 streams"
        case .tcp4Reverse: "4, reverse"
        case .udp64Delivered: "64 B delivered"
        case .udp64LossFree: "64 B loss-free"
        case .udp1400Delivered: "1400 B delivered"
        case .udp1400LossFree: "1400 B loss-free"
        case .idleP50: "idle p50"
        case .idleP99: "idle p99"
        case .oneCoreP50: "one core p50"
        case .oneCoreP99: "one core p99"
        case .loadedP50: "p50"
        case .loadedP99: "p99"
        case .loadedGrowth: "p50 late / early"
        case .loadedTCP: "the stream, Gbit/s"
        case .senderCost: "sender's agent"
        case .receiverCost: "receiver's agent"
        case .machineCost: "whole machine"
        case .memory: "larger agent"
        }
    }

    /// Formats `value` in the unit of the group's title.
    package func text(_ value: Double) -> String {
        switch self {
        case .tcp1, .tcp1Reverse, .tcp4, .tcp4Reverse, .loadedTCP: Digits.significant(value / 1e9)
        case .udp64Delivered, .udp64LossFree, .udp1400Delivered, .udp1400LossFree: Digits.significant(value / 1e3)
        case .idleP50, .idleP99, .oneCoreP50, .oneCoreP99, .loadedP50, .loadedP99: Digits.significant(value * 1e6)
        case .senderCost, .receiverCost, .machineCost, .loadedGrowth: Digits.significant(value)
        case .memory: Digits.significant(value / 1_048_576)
        }
    }
}
