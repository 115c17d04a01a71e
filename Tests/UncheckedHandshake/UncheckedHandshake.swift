import ArgumentParser
import SealaneAEAD
import SealaneConfiguration
import SealaneDataplane
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// What a host can do that does not check itself: an agent does, and would not begin this handshake. It shows what the other
/// end makes of it.
@main
struct UncheckedHandshake: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unchecked-handshake",
        abstract: "Asks a peer for a session instead of this host's agent, and prints the answer.",
        discussion: """
            Shows a certificate whatever it says, with the identity key's signature over the static key. The agent must \
            not run.

            Exit status: 0 accepted; 3 refused, with a line for each reason that the peer gives; 1 no answer, or a failure.
            """)

    @Option(help: ArgumentHelp("The agent's configuration.", valueName: "path"))
    var config: String

    @Option(help: ArgumentHelp("Whom to ask, of the configuration's peers.", valueName: "name"))
    var peer: String

    @Option(help: ArgumentHelp("The certificate to show. Default: the configuration's.", valueName: "path"))
    var certificate: String?

    func run() throws {
        let configuration = try ConfigurationDecoder.read(config)
        guard let definition = configuration.peers.first(where: { $0.name == peer }) else {
            throw ValidationError("\(config) names no peer \(peer)")
        }
        guard let keyPath = configuration.agent.privateKeyFile, let files = configuration.identity?.own else {
            throw ValidationError("\(config) names no private key, or no certificate and its key")
        }
        let key = try PrivateKeyFile.read(keyPath)
        let own = try HostIdentity.read(
            certificate: files.certificateFile, key: files.keyFile, staticKey: key.publicKey,
            fleet: TrustDomain(fleet: configuration.fleetName))
        let shown = try certificate.map { try IdentityCertificate.read($0) } ?? own.certificate
        let claims = try Claims(of: Facts(addresses: configuration.facts.addresses))
        var tunnel = Tunnel(
            settings: Tunnel.Settings(
                fleet: configuration.fleetName, suites: CipherSuite.available,
                listen: configuration.agent.listen, laneCount: 1, interfaceMTU: 1500, claims: claims.encoded,
                credential: own.staticKeySignature.bytes + shown.der),
            privateKey: key, random: SystemRandomNumberGenerator())
        let id = PeerID(0)
        tunnel.add(
            PeerParameters(
                id: id, publicKey: definition.publicKey, presharedKey: nil, endpoint: definition.endpoint))
        try Self.ask(id, through: UDPSocket.bind(to: SocketAddress(configuration.agent.listen)), &tunnel)

        let status = tunnel.status(of: id)
        if let refusal = status?.refusalByPeer {
            let reasons = try Reason.decode(refusal).map { "\($0)\n" }.joined()
            try StandardOutput.write(Array(reasons.utf8))
            throw ExitCode(3)
        }
        try StandardOutput.write(Array((status?.session == nil ? "no answer\n" : "accepted\n").utf8))
        if status?.session == nil { throw ExitCode.failure }
    }

    /// Sends an initiation and takes what comes, until one of both is an answer, or nothing has come for 4 s: less than it
    /// takes to ask again.
    private static func ask(_ peer: PeerID, through socket: borrowing UDPSocket, _ tunnel: inout Tunnel) throws {
        var epoll = try Epoll(capacity: 1)
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        var received = ReceiveBatch(capacity: 1, bufferByteCount: 2048)
        tunnel.wantSession(with: peer, .ofHost())
        repeat {
            performOutputs(of: &tunnel, through: socket)
            guard epoll.wait(timeoutNanoseconds: 4_000_000_000) > 0 else { return }
            guard received.fill(from: socket) > 0 else { continue }
            let arrival = Arrival(
                source: Endpoint(received.source(at: 0)), destination: Endpoint(socket.localAddress),
                hopLimit: TunnelLimits.hopLimit)
            let event = LaneEvent.handshake([UInt8](received.datagram(at: 0)), arrival)
            tunnel.handle(event, now: .ofHost())
            performOutputs(of: &tunnel, through: socket)
        } while tunnel.status(of: peer)?.state == .connecting
    }

    /// Accepts whatever the peer says.
    private static func performOutputs(of tunnel: inout Tunnel, through socket: borrowing UDPSocket) {
        while true {
            let outputs = tunnel.popOutputs()
            guard !outputs.isEmpty else { return }
            for output in outputs {
                switch output {
                case .send(let datagram, let destination):
                    send(datagram, to: SocketAddress(destination), through: socket)
                case .decide(let ticket, _, _, _): tunnel.decide(ticket, .accept, .ofHost())
                case .command, .event: break
                }
            }
        }
    }

    private static func send(
        _ datagram: [UInt8], to destination: SocketAddress, through socket: borrowing UDPSocket
    ) {
        var batch = SendBatch(capacity: 1, forIPv6Socket: socket.isIPv6)
        datagram.withUnsafeBytes { bytes in
            batch.append(bytes, to: destination)
            _ = batch.flush(to: socket)
        }
    }
}
