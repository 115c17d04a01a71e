import ArgumentParser
import SealaneBench
import SealaneControl
import SealaneLinux
import SealanePacket

struct BenchServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve measurements to one other host, until interrupted.",
        discussion: """
              sealane bench serve --listen 10.0.0.2 --listen 100.64.0.2 \\
                --peer 10.0.0.1 --peer 100.64.0.1

            Listens only on the given addresses, on three ports for TCP and UDP: 7300 to 7302 by default. Serves only \
            the given peers, one run at a time. Stop it with Ctrl-C when you are done: it does not authenticate its \
            peers, it only compares their addresses.
            """)

    @Option(
        help: ArgumentHelp(
            "An address of this host, with or without the control port: give the plain and the overlay address.",
            valueName: "address[:port]"),
        transform: ListenAddress.init)
    var listen: [ListenAddress]

    @Option(
        help: ArgumentHelp(
            "An address of the host to serve: give the plain and the overlay address.", valueName: "address"),
        transform: address)
    var peer: [IPAddress]

    @Option(help: ArgumentHelp("The longest transfer to serve.", valueName: "seconds"))
    var maxSeconds = BenchLimits().seconds

    @Option(help: ArgumentHelp("The most that one run may transfer, in GiB.", valueName: "gib"))
    var maxGib = Int(BenchLimits().byteCount >> 30)

    @OptionGroup var agent: AgentOptions

    func validate() throws {
        guard Set(listen.compactMap(\.port)).count < 2 else {
            throw ValidationError("--listen names several ports; expected the same port for all addresses")
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
            // Ctrl-C is the normal end.
        }
    }

    private static func announcement(_ service: BenchService) -> String {
        let peers = service.peers.sorted().map { "\($0)" }.joined(separator: " and ")
        return "serving \(peers) on ports \(service.port) to \(service.port + 2); press Ctrl-C to stop\n"
    }
}

/// An address to listen on, from `--listen`.
struct ListenAddress: Sendable {
    let address: IPAddress
    /// nil if the option does not name a port.
    let port: Int?

    /// Reads `10.0.0.1`, `10.0.0.1:7300`, `fd00::1` or `[fd00::1]:7300`.
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
