import Glibc
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

/// A client and its service.
struct InstanceMetadataScene {
    let service: FakeInstanceMetadata
    let clock = ManualClock()
    let client: InstanceMetadataClient

    /// The client's limits. Tests run in parallel, so a response may be delayed by all others.
    static let unlimited = Duration.seconds(3600)

    /// Runs `body` while the service runs.
    static func run(
        whole: Duration = unlimited, seed: UInt64 = 1, _ body: (InstanceMetadataScene) async throws -> Void
    ) async throws {
        let service = try await FakeInstanceMetadata.start()
        do {
            try await body(InstanceMetadataScene(service, whole, seed))
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }

    private init(_ service: FakeInstanceMetadata, _ whole: Duration, _ seed: UInt64) throws {
        self.service = service
        client = try Self.client([service.endpoint], whole: whole, seed: seed, clock)
    }

    static func client(
        _ endpoints: [String], connect: Duration = unlimited, whole: Duration = unlimited, seed: UInt64 = 1,
        _ clock: ManualClock = ManualClock()
    ) throws -> InstanceMetadataClient {
        InstanceMetadataClient(
            endpoints: try endpoints.map { try #require(Endpoint($0)) }, limits: .init(connect: connect, whole: whole),
            random: SeededRandom(seed: seed), now: { clock.now }, pause: { clock.pause($0) })
    }

    /// Advances the time for both.
    func advance(by duration: Duration) {
        clock.advance(by: duration)
        service.advance(by: duration)
    }

    /// Reads the facts of the second interface; returns nil, or the error.
    func read() async -> InstanceMetadataError? {
        do throws(InstanceMetadataError) {
            _ = try await client.facts(ofInterfaceWith: IPAddress(ipv4: 0x0a4d_0001))
            return nil
        } catch {
            #expect(!"\(error)".contains("AQAEA"), "a token in an error: \(error)")
            return error
        }
    }
}

/// Paths of the service.
enum MetadataPath {
    static let token = "/latest/api/token"
    static let id = "/latest/meta-data/instance-id"
    static let macs = "/latest/meta-data/network/interfaces/macs/"
    static let second = "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02"
    static let document = "/latest/dynamic/instance-identity/document"
    static let signature = "/latest/dynamic/instance-identity/rsa2048"
}

/// A TCP socket with a full accept queue: connecting to it blocks.
struct FullListener: ~Copyable {
    let endpoint: String
    private var sockets: [CInt] = []

    init() throws {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 0) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw Failure("no listening socket: errno \(errno)") }
        endpoint = "127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        sockets = [listener]
        // A backlog of 0 holds one connection; further ones block.
        for _ in 0..<3 {
            let connection = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(connection, $0, length) }
            }
            sockets.append(connection)
        }
    }

    deinit {
        for number in sockets { close(number) }
    }
}
