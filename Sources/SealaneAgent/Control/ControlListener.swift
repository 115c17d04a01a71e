import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import SealaneControl
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

    /// Connections that may be open together. A further one gets an error, or, beyond `refusalLimit` of them, is closed at once.
    static var connectionLimit: Int { 128 }
    static var refusalLimit: Int { 64 }
    /// For connections that only get the error.
    private static var limitsOfRefused: ConnectionLimits {
        ConnectionLimits(idle: .seconds(5), request: .seconds(5), answer: .seconds(5))
    }

    private let channel: any Channel
    private let connections: Connections

    private init(channel: any Channel, connections: Connections) {
        self.channel = channel
        self.connections = connections
    }

    /// Begins to listen. Throws NIO's `IOError` if the place cannot be had.
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
                    let admission = connections.add(channel)
                    guard admission != .closed else { throw ChannelError.ioOnClosedChannel }
                    let isServed = admission == .served
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

/// Answers the connections of which there are too many.
private struct RefusingResponder: ControlResponder {
    func response(to request: ControlRequest) async -> ControlResponse {
        ControlResponse(
            ControlError(
                .unavailable,
                "too many connections: \(ControlListener.connectionLimit) are open; try again when some are closed"))
    }
}

/// Leaves new connections in the kernel's queue for a while when none can be accepted, for want of descriptors for example.
/// NIO would try again at once, for ever.
private final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static var length: TimeAmount { .seconds(1) }

    private let logger: Logger
    /// The log has told that none is accepted.
    private var isTold = false

    init(_ logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        if !isTold {
            isTold = true
            logger.error(
                "connections wait, none can be accepted", metadata: ["why": "\(SystemError.text(of: error.errnoCode))"])
        }
        let channel = context.channel
        // The channel may have closed.
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.scheduleTask(in: Self.length) {
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isTold {
            isTold = false
            logger.notice("connections are accepted again")
        }
        context.fireChannelRead(data)
    }
}

/// The connections that are open.
private final class Connections: Sendable {
    enum Admission {
        case served, refused, closed
    }

    private struct Open {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// Of these, how many are told that there are too many.
        var refusedCount = 0
    }

    /// nil once the listener has closed.
    private let open = Mutex<Open?>(Open())

    func add(_ channel: any Channel) -> Admission {
        let id = ObjectIdentifier(channel)
        let admission = open.withLock { open -> Admission in
            guard let now = open else { return .closed }
            let servedCount = now.channels.count - now.refusedCount
            if servedCount >= ControlListener.connectionLimit {
                guard now.refusedCount < ControlListener.refusalLimit else { return .closed }
                open?.refusedCount += 1
            }
            open?.channels[id] = channel
            return servedCount < ControlListener.connectionLimit ? .served : .refused
        }
        guard admission != .closed else { return .closed }
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { open in
                open?.channels[id] = nil
                if admission == .refused { open?.refusedCount -= 1 }
            }
        }
        return admission
    }

    /// No more are let in; those that are open are the caller's to close.
    func end() -> [any Channel] {
        open.withLock { open in
            defer { open = nil }
            return open.map { Array($0.channels.values) } ?? []
        }
    }
}
