import ArgumentParser
import SealaneBench
import SealaneControl
import SealaneLinux
import SealanePacket

struct BenchServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves measurements to one other host, until it is interrupted.",
        discussion: """
            Listens on the addresses given and on no other, on three ports, TCP and UDP: by default 7300 to 7302. Answers the
            peers given and nobody else, one run at a time.
            """)

    @Option(
        help: ArgumentHelp(
            "An address of this host, with the control port or without: give the plain one and that in the tunnel.",
            valueName: "address[:port]"),
        transform: ListenAddress.init)
    var listen: [ListenAddress]

    @Option(
        help: ArgumentHelp(
            "An address of the host that is served: give the plain one and that in the tunnel.", valueName: "address"),
        transform: address)
    var peer: [IPAddress]

    @Option(help: ArgumentHelp("The longest transfer that is served.", valueName: "seconds"))
    var maxSeconds = BenchLimits().seconds

    @Option(help: ArgumentHelp("How much a run may transfer, in GiB.", valueName: "gib"))
    var maxGib = Int(BenchLimits().byteCount >> 30)

    @OptionGroup var agent: AgentOptions

    func validate() throws {
        guard Set(listen.compactMap(\.port)).count < 2 else {
            throw ValidationError("--listen names several ports; expected one for all addresses")
        }
        guard (1...600).contains(maxSeconds) else {
            throw ValidationError("--max-seconds must be 1 to 600, not \(maxSeconds)")
        }
        guard (1...1_000_000).contains(maxGib) else {
            throw ValidationError("--max-gib must be 1 to 1000000, not \(maxGib)")
        }
    }

    func run() async throws {
        let service = try BenchService(
            addresses: listen.map(\.address), port: listen.compactMap(\.port).first ?? BenchService.defaultPort,
            peers: Set(peer), limits: BenchLimits(seconds: maxSeconds, byteCount: UInt64(maxGib) << 30),
            version: Release.version, agent: agent.lookup)
        let server = try await BenchServer(service)
        do {
            try await Interruption.cancels {
                try await server.run {
                    StandardError.write(Self.announcement(service))
                } log: { line in
                    StandardError.write("\(line)\n")
                }
            }
        } catch is CancellationError {
            // That is how it ends.
        }
    }

    private static func announcement(_ service: BenchService) -> String {
        let peers = service.peers.sorted().map { "\($0)" }.joined(separator: " and ")
        return "serving \(peers) on ports \(service.port) to \(service.port + 2); end with Ctrl-C\n"
    }
}

/// Where `--listen` listens.
struct ListenAddress: Sendable {
    let address: IPAddress
    /// nil: not named.
    let port: Int?

    /// From `10.0.0.1`, `10.0.0.1:7300`, `fd00::1` or `[fd00::1]:7300`.
    init(_ text: String) throws {
        if let endpoint = Endpoint(text) {
            (address, port) = (endpoint.address, Int(endpoint.port))
        } else {
            (address, port) = (try BenchServeCommand.address(text), nil)
        }
    }
}

extension BenchServeCommand {
    static func address(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text) else {
            throw ValidationError("\"\(text)\" is not an IP address; expected one such as 10.0.0.1 or fd00::1")
        }
        return address
    }
}
