import Logging
import SealaneConfiguration
import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// What an agent's lanes work on: the queues of its device and a socket for each, with the offloads that work here.
///
/// The device is made and set up, with its MTU; it has no addresses yet.
struct LanePorts {
    let offloads: OffloadPlan
    private let agent: Configuration.Agent
    private let first: Handover<Dataplane.Ports>

    /// The super-packets whose segments just fill one run: what is left over would travel alone.
    ///
    /// The kernel keeps room for headers of its own (MAX_TCP_HEADER, up to 320 bytes) within the limit that it is given;
    /// TCP over IPv4 with timestamps, the commonest, has 52 bytes before each payload.
    static func superPacketByteLimit(mtu: Int) -> Int {
        let datagramByteCount = mtu + TunnelLimits.sealOverhead
        let segmentCount = min(SendBatch.maximumRunByteCount / datagramByteCount, SendBatch.maximumSegmentCount)
        return min(segmentCount * (mtu - 52) + 320, 65_536)
    }

    /// How many packets each queue of the device holds. Linux (6.18) drops what finds the queue of a TUN device full, and
    /// makes no sender wait.
    ///
    /// It holds what one TCP connection has on its way at most, net.ipv4.tcp_wmem's 4 MiB, when that comes in single packets
    /// (forwarded, or inside VXLAN): 2,912 of 1440 bytes. With the driver's 500 such a connection lost thousands of packets
    /// a second, with 2,000 none. More would be latency alone, which connections that compete turn all of it into: full, it
    /// is 4.3 MB, 20 ms at the 1.7 Gbit/s at which single packets are read here. Super-packets count as one: 64 TCP streams
    /// of them lost a few at 500.
    static var queueLength: Int { 3000 }

    init(_ configuration: Configuration, laneCount: UInt8, mtu: Int, _ logger: Logger) throws {
        agent = configuration.agent
        let isIPv6 = !agent.listen.address.isIPv4
        var findings = Self.findings(ipv6: isIPv6)
        let socket = try UDPSocket.bind(to: try agent.socketAddress())
        if socket.receiveBufferByteCount < UDPSocket.Options().receiveBufferByteCount {
            logger.warning(
                "the kernel grants a smaller socket buffer than asked; bursts may be lost",
                metadata: ["bytes": "\(socket.receiveBufferByteCount)"])
        }
        let wanted = OffloadPlan(configuration.offloads, findings: findings)
        let position: TunQueue.Position = laneCount > 1 ? .first : .only
        try Self.prepareDevice(agent.interface, isMultiQueue: laneCount > 1, logger)
        var tun = try TunQueue.open(
            name: agent.interface, persistent: true, position: position, offloads: wanted.ofTun)
        try InterfaceConfiguration.setMTU(agent.interface, to: mtu)
        try InterfaceConfiguration.setQueueLength(agent.interface, to: Self.queueLength)
        if tun.headerByteCount > 0 {
            try InterfaceConfiguration.setSuperpacketLimit(agent.interface, to: Self.superPacketByteLimit(mtu: mtu))
        }
        try InterfaceConfiguration.setUp(agent.interface)
        if wanted.ofTun != nil {
            let refusals = tun.offloads.refusals + (tun.headerByteCount > 0 ? tun.probeWrites().refusals : [])
            for refusal in refusals {
                if let offload = Offload(refusal.offload) { findings[offload] = "\(refusal.error)" }
            }
        }
        let offloads = OffloadPlan(configuration.offloads, findings: findings)
        if let unmet = offloads.unmet {
            throw AgentError.offloadUnavailable(unmet.offload, why: unmet.reasonOff ?? "")
        }
        for state in offloads.states where state.setting == .auto {
            guard let reason = state.reasonOff else { continue }
            logger.notice("offload off", metadata: ["offload": "\(state.offload.rawValue)", "why": "\(reason)"])
        }
        if offloads.ofTun != wanted.ofTun {
            // The device takes its kind from its first queue.
            _ = consume tun
            tun = try TunQueue.open(
                name: agent.interface, persistent: true, position: position, offloads: offloads.ofTun)
        }
        try Self.prepare(socket, offloads)
        self.offloads = offloads
        first = Handover(Dataplane.Ports(tun: tun, socket: socket))
    }

    /// Those of lane `number`; to be taken once.
    func take(_ number: UInt8) throws(SystemError) -> Dataplane.Ports {
        if number == 0, let ports = first.take() { return ports }
        let tun = try TunQueue.open(
            name: agent.interface, persistent: true, position: .additional, offloads: offloads.ofTun)
        // Lanes are taken in the order of their numbers.
        try TunDevice.requireQueues(Int(number) + 1, of: agent.interface)
        let socket = try UDPSocket.bind(to: try agent.socketAddress(ofLane: UInt16(number)))
        try Self.prepare(socket, offloads)
        return Dataplane.Ports(tun: tun, socket: socket)
    }

    /// Looks at the device that an earlier agent may have left. One that is this user's own, that no process is attached to,
    /// and that takes another number of queues is removed, to be made again: routes that prohibit and the overlay filter
    /// keep its packets from leaving meanwhile.
    private static func prepareDevice(
        _ interface: String, isMultiQueue: Bool, _ logger: Logger
    ) throws(SystemError) {
        guard let state = try TunDevice.stateIfTun(of: interface) else { return }
        if state.owner != CurrentProcess.effectiveUser {
            logger.warning(
                "the device of an earlier agent had another owner; this agent takes it over",
                metadata: [
                    "interface": "\(interface)", "owner": "\(state.owner.map { "uid \($0)" } ?? "none")",
                ])
        } else if state.isMultiQueue != isMultiQueue, state.queueCount == 0 {
            logger.notice(
                "the device of an earlier agent is made again: the number of lanes is another",
                metadata: ["interface": "\(interface)"])
            try TunDevice.remove(interface)
        }
    }

    private static func prepare(_ socket: borrowing UDPSocket, _ offloads: OffloadPlan) throws(SystemError) {
        try socket.reportTrafficClass()
        try socket.reportPath()
        if offloads[.gro].isOn { try socket.setGRO(true) }
    }

    /// What the socket's offloads lack here.
    private static func findings(ipv6: Bool) -> [Offload: String] {
        let tests: [Offload: OffloadSupport] = [
            .gso: UDPSocket.supportsGSO(ipv6: ipv6), .gro: UDPSocket.supportsGRO(ipv6: ipv6),
        ]
        return tests.compactMapValues { support in
            switch support {
            case .works: nil
            case .refused(let error): "its self-test failed: \(error)"
            case .untested(let error): "its self-test could not be made: \(error)"
            }
        }
    }
}

extension Offload {
    /// Nil for what is no offload of its own to operators.
    fileprivate init?(_ offload: TunOffloads) {
        switch offload {
        case .checksum: self = .checksum
        case .tso4: self = .tso4
        case .tso6: self = .tso6
        case .uso: self = .uso
        default: return nil
        }
    }
}
