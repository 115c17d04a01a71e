import NIOCore
import NIOHTTP1
import NIOPosix
import SealaneLinux
import SealanePacket
import Synchronization

/// Answers the requests of one listener. Called from any task, several at a time.
protocol ControlResponder: Sendable {
    func response(to request: ControlRequest) async -> ControlResponse
}

/// A socket that HTTP/1.1 is served on, one request a connection.
final class ControlListener: Sendable {
    enum Place {
        case unix(String)
        /// An address of this host, over TCP.
        case tcp(Endpoint)
    }

    /// Connections that may be open together; one more is closed without a word.
    static var connectionLimit: Int { 128 }
    /// A connection on which nothing moves is closed.
    private static var idleLimit: TimeAmount { .seconds(30) }

    private let channel: any Channel
    private let connections: Connections

    private init(channel: any Channel, connections: Connections) {
        self.channel = channel
        self.connections = connections
    }

    /// Begins to listen. Throws NIO's `IOError` if the place cannot be had.
    static func bind(to place: Place, _ responder: any ControlResponder) async throws -> ControlListener {
        let connections = Connections()
        let isUnix = if case .unix = place { true } else { false }
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            // A client may close its half after the request.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.add(channel) else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(allTimeout: idleLimit))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
                    let caller = isUnix ? PeerCredentials.ofPeer(of: channel) : nil
                    try pipeline.addHandler(ControlConnection(responder, caller: caller))
                }
            }
        let channel =
            switch place {
            case .unix(let path):
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            case .tcp(let endpoint):
                // Connections of an agent that has ended linger on the port for a while.
                try await bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .bind(to: NIOCore.SocketAddress(ipAddress: "\(endpoint.address)", port: Int(endpoint.port))).get()
            }
        return ControlListener(channel: channel, connections: connections)
    }

    /// Stops listening. Connections are closed; what they asked for is finished unanswered.
    func close() async {
        try? await channel.close()
        for connection in connections.end() { try? await connection.close() }
    }
}

extension PeerCredentials {
    /// Who is at the other end of a Unix socket; nil if the kernel does not say. On the channel's event loop.
    static func ofPeer(of channel: any Channel) -> PeerCredentials? {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        return descriptor.flatMap { $0 }.flatMap { try? PeerCredentials.of(fileDescriptor: $0) }
    }
}

/// The connections that are open.
private final class Connections: Sendable {
    /// nil once the listener has closed.
    private let open = Mutex<[ObjectIdentifier: any Channel]?>([:])

    /// False: there are too many, or the listener has closed.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isTaken = open.withLock { open in
            guard let count = open?.count, count < ControlListener.connectionLimit else { return false }
            open?[id] = channel
            return true
        }
        if isTaken { channel.closeFuture.whenComplete { _ in self.open.withLock { $0?[id] = nil } } }
        return isTaken
    }

    /// No more are let in; those that are open are the caller's to close.
    func end() -> [any Channel] {
        open.withLock { open in
            defer { open = nil }
            return open.map { Array($0.values) } ?? []
        }
    }
}
