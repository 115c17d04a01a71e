import Logging
import NIOCore
import NIOPosix
import SealaneLinux

/// Serves the control API: HTTP/1.1 and JSON on a Unix socket, one request per connection.
package final class ControlServer: Sendable {
    /// The greatest body of a request.
    package static var bodyByteLimit: Int { 64 << 10 }
    /// The socket is for its owner and the group.
    private static var mode: UInt32 { 0o660 }

    private struct Serving {
        let listener: ControlListener
        /// The inode of the socket's file.
        let inode: UInt64
    }

    private let socket: SocketPath
    private let responder: ControlRouter
    private let limits: ConnectionLimits
    private let logger: Logger
    /// Nil: the server has stopped.
    private let serving: Lock<Serving?>

    private init(
        _ socket: SocketPath, _ responder: ControlRouter, _ limits: ConnectionLimits, _ serving: Serving,
        _ logger: Logger
    ) {
        self.socket = socket
        self.responder = responder
        self.limits = limits
        self.logger = logger
        self.serving = Lock(serving)
    }

    /// Binds `path` and starts to serve. Replaces a socket that a crash has left there, but neither one on which an
    /// agent answers nor a file of another kind.
    ///
    /// - Parameters:
    ///   - audit: records every request that changes something or is refused, with the caller's credentials.
    ///   - logger: logs these requests if there is no audit log.
    package static func start(
        path: String, handler: any ControlHandler, audit: AuditLog? = nil,
        limits: ConnectionLimits = ConnectionLimits(), logger: Logger
    ) async throws(ControlServerError) -> ControlServer {
        let socket = SocketPath(path)
        guard path.utf8.count <= SocketPath.byteLimit else { throw ControlServerError(path, .pathTooLong) }
        let responder = ControlRouter(handler: handler, audit: audit, logger: logger)
        return ControlServer(
            socket, responder, limits, try await serve(at: socket, responder, limits, logger), logger)
    }

    private static func serve(
        at socket: SocketPath, _ responder: ControlRouter, _ limits: ConnectionLimits, _ logger: Logger
    ) async throws(ControlServerError) -> Serving {
        do {
            try await check(socket)
            let place = try SocketPlace(socket.text)
            do {
                let listener = try await ControlListener.bind(
                    to: .unix(try place.prepare()), responder, limits, logger)
                do {
                    return Serving(listener: listener, inode: try place.publish(mode: Self.mode))
                } catch {
                    await listener.close()
                    throw error
                }
            } catch {
                place.abandon()
                throw error
            }
        } catch let error as ControlServerError {
            throw error
        } catch {
            throw ControlServerError(socket.text, .cannotBind("\(error)"))
        }
    }

    /// Creates the socket again if its file is gone or was replaced by a socket on which nobody listens. Anything else
    /// at the path stays, and the log says so.
    package func restore() async {
        let present = try? SocketPlace(socket.text).inode()
        guard let before = serving.withLock(\.self), present != before.inode else { return }
        do throws(ControlServerError) {
            let new = try await Self.serve(at: socket, responder, limits, logger)
            let isWanted = serving.withLock { serving in
                // Another call may have done it already, or the server may have stopped.
                guard serving?.inode == before.inode else { return false }
                serving = new
                return true
            }
            await (isWanted ? before : new).listener.close()
            if isWanted {
                logger.warning(
                    "the control socket was removed and has been created again", metadata: ["path": "\(socket.text)"])
            } else if serving.withLock({ $0 == nil }) {
                try? SocketPlace(socket.text).remove(inode: new.inode)
            }
        } catch {
            logger.error("the control socket cannot be created again", metadata: ["why": "\(error)"])
        }
    }

    /// Stops serving, removes the socket, and closes all connections. Requests in progress finish, but are not
    /// answered.
    package func stop() async {
        guard let last = serving.withLock({ $0.take() }) else { return }
        try? SocketPlace(socket.text).remove(inode: last.inode)
        await last.listener.close()
    }

    private static func check(_ socket: SocketPath) async throws {
        switch socket.occupant {
        case .nothing: return
        case .other: throw ControlServerError(socket.text, .notASocket)
        case .socket: break
        }
        let probe: any Channel
        do {
            probe = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(.seconds(2))
                .connect(unixDomainSocketPath: socket.text).get()
        } catch let error as IOError where SystemError.meansNobodyListens(error.errnoCode) {
            return
        } catch {
            throw ControlServerError(
                socket.text, .cannotBind("the owner of the socket there cannot be determined: \(error)"))
        }
        let owner = try? await probe.eventLoop.submit { PeerCredentials.ofPeer(of: probe) }.get()
        try? await probe.close()
        throw ControlServerError(socket.text, .alive(pid: owner?.pid))
    }
}
