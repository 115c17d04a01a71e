import Logging
import SealaneConfiguration
import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The ports of an agent's lanes: a queue of the tunnel device and a socket for each lane, with the offloads that work
/// here.
///
/// Creates the device and sets its MTU, but gives it no addresses.
struct LanePorts {
    let offloads: OffloadPlan
    private let agent: Configuration.Agent
    private let first: OneShot<Dataplane.Ports>

    /// The greatest super-packet whose segments fit into one run. A remainder would need a run of its own.
    ///
    /// Within the limit, the kernel reserves room for its own headers (MAX_TCP_HEADER, up to 320 bytes). The most
    /// common packets, TCP over IPv4 with timestamps, have 52 bytes before each payload.
    static func superPacketByteLimit(mtu: Int) -> Int {
        let datagramByteCount = mtu + TunnelLimits.sealOverhead
        let segmentCount = min(SendBatch.maximumRunByteCount / datagramByteCount, SendBatch.maximumSegmentCount)
        return min(segmentCount * (mtu - 52) + 320, 65_536)
    }

    /// The length of each device queue, in packets. Linux (6.18) drops packets when the queue of a TUN device is full,
    /// and makes no sender wait.
    ///
    /// The queue holds all that one TCP connection can have in flight, net.ipv4.tcp_wmem's 4 MiB, as single packets
    /// (forwarded, or inside VXLAN): 2,912 of 1440 bytes. With the driver's default of 500 such a connection lost
    /// thousands of packets a second, with 2,000 none. A longer queue would only add latency: a full one holds 4.3 MB,
    /// which is 20 ms at the 1.7 Gbit/s at which a lane reads single packets here. A super-packet counts as one packet:
    /// 64 TCP streams of them lost a few at 500.
    static var queueLength: Int { 3000 }

    init(_ configuration: Configuration, laneCount: UInt8, mtu: Int, _ logger: Logger) throws {
        agent = configuration.agent
        let isIPv6 = !agent.listen.address.isIPv4
        var findings = Self.findings(ipv6: isIPv6)
        let socket = try UDPSocket.bind(to: try agent.socketAddress())
        if socket.receiveBufferByteCount < UDPSocket.Options().receiveBufferByteCount {
            logger.warning(
                "the kernel granted a smaller socket buffer than requested; bursts may be lost",
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
            // The first queue decides the kind of the device.
            _ = consume tun
            tun = try TunQueue.open(
                name: agent.interface, persistent: true, position: position, offloads: offloads.ofTun)
        }
        try Self.prepare(socket, offloads)
        self.offloads = offloads
        first = OneShot(Dataplane.Ports(tun: tun, socket: socket))
    }

    /// Opens the ports of lane `number`. Call it once for each lane.
    func open(_ number: UInt8) throws(SystemError) -> Dataplane.Ports {
        if number == 0, let ports = first.take() { return ports }
        let tun = try TunQueue.open(
            name: agent.interface, persistent: true, position: .additional, offloads: offloads.ofTun)
        // Lanes open in the order of their numbers.
        try TunDevice.requireQueues(Int(number) + 1, of: agent.interface)
        let socket = try UDPSocket.bind(to: try agent.socketAddress(ofLane: UInt16(number)))
        try Self.prepare(socket, offloads)
        return Dataplane.Ports(tun: tun, socket: socket)
    }

    /// Prepares for a device that an earlier agent may have left. Removes it if this user owns it, no process is
    /// attached to it, and it has another number of queues. In the meantime prohibit routes and the overlay filter keep
    /// its packets from leaving.
    private static func prepareDevice(
        _ interface: String, isMultiQueue: Bool, _ logger: Logger
    ) throws(SystemError) {
        guard let state = try TunDevice.stateIfTun(of: interface) else { return }
        if state.owner != CurrentProcess.effectiveUser {
            logger.warning(
                "the tunnel device of an earlier agent had another owner; this agent takes it over",
                metadata: [
                    "interface": "\(interface)", "owner": "\(state.owner.map { "uid \($0)" } ?? "none")",
                ])
        } else if state.isMultiQueue != isMultiQueue, state.queueCount == 0 {
            logger.notice(
                "the tunnel device of an earlier agent is created again, because the number of lanes changed",
                metadata: ["interface": "\(interface)"])
            try TunDevice.remove(interface)
        }
    }

    private static func prepare(_ socket: borrowing UDPSocket, _ offloads: OffloadPlan) throws(SystemError) {
        try socket.reportTrafficClass()
        try socket.reportPath()
        if offloads[.gro].isOn { try socket.setGRO(true) }
    }

    /// Why offloads of the socket do not work here.
    private static func findings(ipv6: Bool) -> [Offload: String] {
        let tests: [Offload: OffloadSupport] = [
            .gso: UDPSocket.supportsGSO(ipv6: ipv6), .gro: UDPSocket.supportsGRO(ipv6: ipv6),
        ]
        return tests.compactMapValues { support in
            switch support {
            case .works: nil
            case .refused(let error): "its self-test failed: \(error)"
            case .untested(let error): "its self-test could not run: \(error)"
            }
        }
    }
}

extension Offload {
    /// Nil: operators cannot configure the offload on its own.
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
