import SealaneAEAD
import SealaneDataplane
import SealaneEligibility
import SealanePacket
import SealaneTunnel

/// One host that a program plays beside many others: its handshakes, its sealing and its opening are the real ones, and its
/// network is the caller's.
final class FarEnd {
    private static let agent = PeerID(0)

    private var tunnel: SealaneTunnel.Tunnel
    private var lane = Lane(number: 0, of: 1, provider: FarEnd.provider)
    private var reportNumber: UInt64 = 0
    /// Datagrams for the agent: handshakes and signs of life.
    private var outbox: [[UInt8]] = []
    let endpoint: Endpoint

    private static let provider = (try? AEADProvider.choose(nil).provider) ?? .libsodium

    init(_ plan: FarEndPlan, agentKey: PublicKey) throws {
        endpoint = plan.endpoint
        tunnel = SealaneTunnel.Tunnel(
            settings: SealaneTunnel.Tunnel.Settings(
                fleet: "sealane", suites: CipherSuite.available, listen: endpoint, laneCount: 1, interfaceMTU: 1500,
                statement: try Claims(addresses: [plan.address]).encoded),
            privateKey: try plan.makeKey(), random: SystemRandomNumberGenerator())
        tunnel.add(
            PeerParameters(
                id: Self.agent, publicKey: agentKey, presharedKey: nil, endpoint: FarEndPlan.agentEndpoint))
        let route = IPPrefix(address: FarEndPlan.agentAddress, length: 32).map { [($0, Self.agent.rawValue)] } ?? []
        lane.apply(.route(PrefixTable(route), peerCount: 1))
        settle(.ofHost())
    }

    /// Whether this end may seal.
    var isEstablished: Bool { lane.sealingSession(for: FarEndPlan.agentAddress) != nil }

    /// Asks the agent for a session.
    func begin(_ now: Now) {
        tunnel.wantSession(with: Self.agent, now)
        settle(now)
    }

    /// What is due by time: repetitions, signs of life.
    func advance(to now: Now) {
        reportNumber += 1
        lane.apply(.report(reportNumber))
        settle(now)
        tunnel.advance(to: now)
        settle(now)
    }

    func takeDatagrams() -> [[UInt8]] {
        defer { outbox.removeAll(keepingCapacity: true) }
        return outbox
    }

    /// Opens a datagram of the agent's in place.
    func open(_ datagram: UnsafeMutableRawPointer, byteCount: Int, _ now: Now) -> Opened {
        lane.now = now.monotonic
        let arrival = Arrival(
            source: FarEndPlan.agentEndpoint, destination: endpoint, hopLimit: TunnelLimits.hopLimit)
        let opened = lane.open(datagram, byteCount: byteCount, arrival)
        if case .handshake = opened {
            let bytes = Array(UnsafeRawBufferPointer(start: datagram, count: byteCount))
            handle(.handshake(bytes, arrival), now)
            settle(now)
        } else if !lane.events.isEmpty {
            settle(now)
        }
        return opened
    }

    /// Seals a packet for the agent where `open` has left it. False: there is no session.
    func seal(_ datagram: UnsafeMutableRawPointer, packetByteCount: Int, isChecksumPartial: Bool) -> Bool {
        guard let session = lane.sealingSession(for: FarEndPlan.agentAddress) else { return false }
        let packet = UnsafeRawBufferPointer(start: datagram + DataHeader.byteCount, count: packetByteCount)
        return lane.seal(packet, isChecksumPartial: isChecksumPartial, with: session, into: datagram) > 0
    }

    private func handle(_ event: LaneEvent, _ now: Now) {
        tunnel.handle(event, now: now) { _, _, _ in .admitted }
    }

    /// Carries news and commands between tunnel and lane until both are quiet.
    private func settle(_ now: Now) {
        lane.now = now.monotonic
        while true {
            let events = lane.events
            lane.events = []
            for event in events { handle(event, now) }
            let outputs = tunnel.takeOutputs()
            for output in outputs {
                switch output {
                case .send(let datagram, _): outbox.append(datagram)
                case .command(let command): lane.apply(command)
                case .judge, .event: break
                }
            }
            outbox += lane.released.map(\.bytes)
            lane.released = []
            if events.isEmpty, outputs.isEmpty { return }
        }
    }
}
