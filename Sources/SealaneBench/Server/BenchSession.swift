import SealaneFigures
import SealaneLinux
import SealanePacket

/// Serves the requests of one client. `end` ends everything that was started for it.
package struct BenchSession {
    private let service: BenchService
    private let iperf: String
    private var agent: AgentLookup.Found?
    private var transfer: IPerfServer?
    private var echo: EchoServer?
    private var bytesCarried: UInt64 = 0

    /// How long iperf3 may take to end after its client.
    private static var patience: Duration { .milliseconds(700) }

    /// - Parameter iperf: the iperf3 version of this host.
    package init(_ service: BenchService, iperf: String) {
        self.service = service
        self.iperf = iperf
    }

    /// Replies to the first message.
    package func welcome(_ request: BenchRequest) throws(BenchError) -> BenchReply {
        guard case .hello(let protocolVersion, let version) = request else {
            throw BenchError("expected hello as the first message")
        }
        guard protocolVersion == BenchMessage.protocolVersion else {
            throw BenchError(
                "this is sealane \(service.version) with measuring method \(BenchMessage.protocolVersion), and yours is "
                    + "sealane \(version) with method \(protocolVersion); expected the same version on both hosts")
        }
        return .welcome(version: service.version, limits: service.limits, iperf: iperf)
    }

    package mutating func respond(to request: BenchRequest) async throws -> BenchReply {
        switch request {
        case .hello:
            throw BenchError("expected hello only once")
        case .host(let plain, let tunnel):
            agent = await service.agent.find(try own(tunnel), service.peers)
            return .host(try BenchHost.read(at: try own(plain), agent: agent?.agent), bootID: HostHardware.bootID)
        case .startTransfer(let text, let seconds):
            return try await startTransfer(at: try own(text), seconds: seconds)
        case .endTransfer:
            return .transferEnded(bytes: try await endTransfer())
        case .startEcho(let text):
            let address = try own(text)
            endEcho()
            let peers = service.peers
            echo = try EchoServer(at: address, port: service.echoPort) { peers.contains($0) }
            return .started(port: service.echoPort)
        case .endEcho:
            endEcho()
            return .echoEnded
        case .usage:
            return .usage(try BenchUsage.now(agent: agent?.pid))
        }
    }

    private mutating func startTransfer(at address: IPAddress, seconds: Int) async throws -> BenchReply {
        guard seconds <= service.limits.seconds else {
            throw BenchError(
                "a transfer of \(seconds) s is longer than this server's limit, \(service.limits.seconds) s "
                    + "(sealane bench serve --max-seconds)")
        }
        guard bytesCarried < service.limits.byteCount else {
            throw BenchError(
                "this run has transferred \(bytesCarried) bytes, and the server's limit is \(service.limits.byteCount) "
                    + "(sealane bench serve --max-gib)")
        }
        _ = try await endTransfer()
        let peers = service.peers
        transfer = try await IPerfServer.start(
            at: address, port: service.transferPort, seconds: seconds,
            byteLimit: service.limits.byteCount - bytesCarried
        ) { peers.contains($0) }
        return .started(port: service.transferPort)
    }

    private mutating func endTransfer(within patience: Duration = Self.patience) async throws(BenchError) -> UInt64 {
        guard let transfer else { return 0 }
        self.transfer = nil
        let bytes = await transfer.stop(within: patience)
        bytesCarried += bytes.count
        if let problem = bytes.problem { throw BenchError(problem) }
        return bytes.count
    }

    private mutating func endEcho() {
        echo?.stop()
        echo = nil
    }

    /// Ends the transfer and the echo server, if they run.
    package mutating func end() async {
        _ = try? await endTransfer(within: .zero)
        endEcho()
    }

    private func own(_ text: String) throws(BenchError) -> IPAddress {
        let address = try BenchText.validate(address: text)
        guard service.addresses.contains(address) else {
            throw BenchError(
                "\(address) is not served; expected one of the addresses of sealane bench serve --listen: "
                    + "\(service.addresses.map { "\($0)" }.joined(separator: ", "))")
        }
        return address
    }
}
