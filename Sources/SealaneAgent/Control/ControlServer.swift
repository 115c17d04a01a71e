import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import SealaneLinux
import Synchronization

/// Serves the control API: HTTP/1.1 and JSON on a Unix socket, one request a connection.
public final class ControlServer: Sendable {
    /// Of a request's body.
    public static var bodyByteLimit: Int { 64 << 10 }
    /// A connection on which nothing moves is closed.
    static var idleLimit: TimeAmount { .seconds(30) }

    private let socket: ControlSocket
    private let inode: UInt64?
    private let channel: any Channel
    private let connections: Connections

    private init(socket: ControlSocket, inode: UInt64?, channel: any Channel, connections: Connections) {
        self.socket = socket
        self.inode = inode
        self.channel = channel
        self.connections = connections
    }

    /// Binds `path` and begins to serve. A socket that a crash has left there gives way; one that an agent answers on, or a
    /// file that is no socket, does not.
    ///
    /// - Parameter logger: gets one line for every request that changes something, with the caller's credentials.
    public static func start(
        path: String, handler: any ControlHandler, logger: Logger
    ) async throws(ControlServerError) -> ControlServer {
        let socket = ControlSocket(path: path)
        guard path.utf8.count <= ControlSocket.pathByteLimit else { throw ControlServerError(path, .pathTooLong) }
        let connections = Connections()
        do {
            try await check(socket)
            try socket.prepare()
            let channel = try await bind(socket, ControlRouter(handler: handler, logger: logger), connections)
            do {
                let inode = try socket.settle()
                return ControlServer(socket: socket, inode: inode, channel: channel, connections: connections)
            } catch {
                try? await channel.close()
                throw error
            }
        } catch let error as ControlServerError {
            throw error
        } catch {
            socket.abandon()
            throw ControlServerError(path, .cannotBind("\(error)"))
        }
    }

    /// Stops serving and removes the socket. Connections are closed; what they asked for is finished unanswered.
    public func stop() async {
        socket.remove(inode: inode)
        try? await channel.close()
        for connection in connections.end() { try? await connection.close() }
    }

    private static func check(_ socket: ControlSocket) async throws {
        switch socket.occupant {
        case .nothing: return
        case .other: throw ControlServerError(socket.path, .notASocket)
        case .socket: break
        }
        let probe: any Channel
        do {
            probe = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(.seconds(2))
                .connect(unixDomainSocketPath: socket.path).get()
        } catch let error as IOError where ControlClientError.isNobodyThere(error) {
            return
        } catch {
            throw ControlServerError(socket.path, .cannotBind("the socket there does not tell whose it is: \(error)"))
        }
        let owner = try? await probe.eventLoop.submit { credentials(of: probe) }.get()
        try? await probe.close()
        throw ControlServerError(socket.path, .alive(pid: owner?.pid))
    }

    private static func bind(
        _ socket: ControlSocket, _ router: ControlRouter, _ connections: Connections
    ) async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            // A client may close its half after the request.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.add(channel) else { throw ChannelError.ioOnClosedChannel }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(allTimeout: idleLimit))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
                    try pipeline.addHandler(ControlConnection(router, caller: credentials(of: channel)))
                }
            }
            .bind(unixDomainSocketPath: socket.birthplace)
            .get()
    }

    /// Who is at the other end. On the channel's event loop.
    private static func credentials(of channel: any Channel) -> PeerCredentials? {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        return descriptor.flatMap { $0 }.flatMap { try? PeerCredentials.of(fileDescriptor: $0) }
    }
}

/// The connections that are open.
private final class Connections: Sendable {
    /// nil once the server has stopped.
    private let open = Mutex<[ObjectIdentifier: any Channel]?>([:])

    /// False: the server has stopped.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isOpen = open.withLock { open in
            open?[id] = channel
            return open != nil
        }
        channel.closeFuture.whenComplete { _ in self.open.withLock { $0?[id] = nil } }
        return isOpen
    }

    /// No more are let in; those that are open are the caller's to close.
    func end() -> [any Channel] {
        open.withLock { open in
            defer { open = nil }
            return open.map { Array($0.values) } ?? []
        }
    }
}

/// Why the control API cannot be served.
public struct ControlServerError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Problem: Sendable, Hashable {
        /// An agent answers on the socket.
        case alive(pid: Int32?)
        case notASocket
        case pathTooLong
        case cannotBind(String)
    }

    public let path: String
    public let problem: Problem

    init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    public var description: String {
        switch problem {
        case .alive(let pid):
            "control socket \(path): another agent answers there\(pid.map { " (pid \($0))" } ?? ""); "
                + "stop it, or give this one an agent.control-socket of its own"
        case .notASocket:
            "control socket \(path): a file that is not a socket is there; remove it, or set agent.control-socket"
        case .pathTooLong:
            "control socket \(path): the path has \(path.utf8.count) bytes; "
                + "expected at most \(ControlSocket.pathByteLimit)"
        case .cannotBind(let why):
            "control socket \(path): \(why)"
        }
    }
}
