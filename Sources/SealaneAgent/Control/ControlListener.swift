import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import SealaneControl
import SealaneLinux
import SealanePacket

/// A listening socket that serves HTTP/1.1, one request per connection.
final class ControlListener: Sendable {
    enum Place {
        case unix(String)
        /// A TCP endpoint of this host.
        case tcp(Endpoint)
    }

    /// The most connections that are served at a time. Further ones get an error; beyond `refusalLimit` of those, they
    /// are closed at once.
    static var connectionLimit: Int { 128 }
    static var refusalLimit: Int { 64 }
    /// The limits of connections that only get the error.
    private static var limitsOfRefused: ConnectionLimits {
        ConnectionLimits(idle: .seconds(5), request: .seconds(5), answer: .seconds(5))
    }

    private let channel: any Channel
    private let connections: Connections

    private init(channel: any Channel, connections: Connections) {
        self.channel = channel
        self.connections = connections
    }

    /// Starts to listen. Throws NIO's `IOError` if it cannot bind `place`.
    static func bind(
        to place: Place, _ responder: any ControlResponder, _ limits: ConnectionLimits, _ logger: Logger
    ) async throws -> ControlListener {
        let connections = Connections()
        let isUnix = if case .unix = place { true } else { false }
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger))
                }
            }
            // A client may close its half after the request.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let decision = connections.add(channel)
                    guard decision != .closed else { throw ChannelError.ioOnClosedChannel }
                    let isServed = decision == .served
                    let pipeline = channel.pipeline.syncOperations
                    let limits = isServed ? limits : limitsOfRefused
                    try pipeline.addHandler(IdleStateHandler(allTimeout: TimeAmount(limits.idle)))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
                    let caller = isUnix ? PeerCredentials.ofPeer(of: channel) : nil
                    try pipeline.addHandler(
                        ControlConnection(isServed ? responder : RefusingResponder(), caller: caller, limits))
                }
            }
        let channel =
            switch place {
            case .unix(let path):
                try await bootstrap.bind(unixDomainSocketPath: path).get()
            case .tcp(let endpoint):
                // Connections of an agent that has ended stay on the port for a while.
                try await bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .bind(to: NIOCore.SocketAddress(ipAddress: "\(endpoint.address)", port: Int(endpoint.port))).get()
            }
        return ControlListener(channel: channel, connections: connections)
    }

    /// Stops listening and closes all connections. Requests in progress finish, but are not answered.
    func close() async {
        try? await channel.close()
        for connection in connections.end() { try? await connection.close() }
    }
}

/// Refuses requests while too many connections are open.
private struct RefusingResponder: ControlResponder {
    func response(to request: ControlRequest) async -> ControlResponse {
        ControlResponse(
            ControlError(
                .unavailable,
                "too many connections: \(ControlListener.connectionLimit) are open; try again when some are closed"))
    }
}
