import SealaneAEAD
import SealaneDataplane
import SealaneEligibility
import SealanePacket
import SealaneTunnel
import TestSupport

/// One of the many hosts that one program simulates. It does real handshakes, and really seals and opens data; the
/// caller is its network.
final class FarEnd {
    private static let agent = PeerID(0)
    private static let provider = (try? AEADProvider.choose(nil).provider) ?? .libsodium

    private var end: InMemoryEnd

    init(_ plan: FarEndPlan, agentKey: PublicKey) throws {
        end = InMemoryEnd(
            SealaneTunnel.Tunnel.Settings(
                fleet: "sealane", suites: CipherSuite.available, listen: plan.endpoint, laneCount: 1,
                interfaceMTU: 1500, claims: try Claims(addresses: [plan.address]).encoded),
            privateKey: try plan.makeKey(), random: SystemRandomNumberGenerator(), provider: FarEnd.provider,
            at: .ofHost())
        end.respondsToUnknownSessions = false
        end.add(agentKey, at: FarEndPlan.agentEndpoint, as: Self.agent)
        end.route(IPPrefix(address: FarEndPlan.agentAddress, length: 32).map { [($0, Self.agent.rawValue)] } ?? [])
    }

    var endpoint: Endpoint { end.endpoint }

    /// Whether this host has a session to seal with.
    var isEstablished: Bool { end.lane.sealingSession(for: FarEndPlan.agentAddress) != nil }

    /// Begins a handshake with the agent.
    func begin(_ now: Now) {
        end.set(now)
        end.tunnel.wantSession(with: Self.agent, now)
        end.performOutputs()
    }

    /// Does what is due: repeats initiations, sends keepalives.
    func advance(to now: Now) {
        end.set(now)
        end.act(withReports: true)
    }

    /// Removes and returns the datagrams for the agent: handshakes and keepalives.
    func popDatagrams() -> [[UInt8]] { end.popOutbox().map(\.bytes) }

    /// Opens a datagram from the agent in place.
    func open(_ datagram: UnsafeMutableRawPointer, byteCount: Int, _ now: Now) -> Opened {
        end.set(now)
        let arrival = Arrival(
            source: FarEndPlan.agentEndpoint, destination: endpoint, hopLimit: TunnelLimits.hopLimit)
        return end.open(datagram, byteCount: byteCount, arrival)
    }

    /// Seals a packet for the agent, at the place where `open` has put it. False: there is no session.
    func seal(_ datagram: UnsafeMutableRawPointer, packetByteCount: Int, isChecksumPartial: Bool) -> Bool {
        guard let session = end.lane.sealingSession(for: FarEndPlan.agentAddress) else { return false }
        let packet = UnsafeRawBufferPointer(start: datagram + DataHeader.byteCount, count: packetByteCount)
        return end.lane.seal(packet, isChecksumPartial: isChecksumPartial, with: session, into: datagram) > 0
    }
}
