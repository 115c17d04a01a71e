import SealaneAEAD
import SealanePacket

/// What the peers of a tunnel share. A call of a peer borrows it.
struct TunnelContext: ~Copyable {
    var settings: Tunnel.Settings
    var provesMTU = false
    let privateKey: PrivateKey
    /// The key of mac1 in messages to this host.
    let mac1Key: [UInt8]
    var random: any RandomNumberGenerator & Sendable
    var drops = DropCounts()
    var load = HandshakeLoad()
    var indices = SessionIndices()
    var timestamps = InitiationTimestamps()
    /// Limits the reports of messages that anybody can have sent in the name of a peer's endpoint.
    var unprovenReports = TokenBucket(perSecond: 1, burst: TunnelLimits.unprovenReportBurst)
    /// Peers with a timer running.
    var active: Set<PeerID> = []
    private var outputs: [TunnelOutput] = []
    private var lastTicket: UInt64 = 0

    init(
        settings: Tunnel.Settings, privateKey: consuming PrivateKey, random: any RandomNumberGenerator & Sendable
    ) {
        self.settings = settings
        mac1Key = HandshakeMAC.mac1Key(of: privateKey.publicKey)
        self.privateKey = privateKey
        self.random = random
    }

    var prologue: [UInt8] { HandshakePayload.prologue(fleet: settings.fleet) }

    /// What this host says in a handshake message that it sends to `destination`.
    func parameters(to destination: Endpoint) -> HandshakeParameters {
        HandshakeParameters(
            claims: settings.claims, credential: settings.credential, laneCount: settings.laneCount,
            interfaceMTU: UInt32(settings.interfaceMTU), suites: settings.suites,
            path: FourTuple(source: settings.listen, destination: destination))
    }

    mutating func emit(_ output: TunnelOutput) {
        outputs.append(output)
    }

    mutating func popOutputs() -> [TunnelOutput] {
        defer { outputs.removeAll(keepingCapacity: true) }
        return outputs
    }

    mutating func nextTicket(for peer: PeerID) -> Ticket {
        lastTicket += 1
        return Ticket(peer: peer, number: lastTicket)
    }

    /// Draws an index that no session and no attempt has. Nil when there are `TunnelLimits.sessionCount`.
    mutating func allocateIndex(for peer: PeerID) -> SessionIndex? {
        indices.allocate(for: peer, using: &random)
    }
}
