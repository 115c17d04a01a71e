import NIOCore
import NIOHTTP1
import NIOPosix

/// One HTTP/1.1 request and its response (RFC 9112) on a connection of their own. It follows no redirect, uses no proxy, and
/// retries nothing.
public enum HTTPExchange {
    public enum Server: Sendable, Hashable {
        /// The path of a Unix domain socket.
        case unix(String)
        /// - Parameter host: an IP address without brackets.
        case tcp(host: String, port: Int)
    }

    public struct Limits: Sendable {
        /// For the connection alone.
        public let connect: Duration
        /// From the call to the last byte of the response, the connection included.
        public let whole: Duration
        public let responseBodyByteCount: Int

        public init(connect: Duration, whole: Duration, responseBodyByteCount: Int) {
            self.connect = connect
            self.whole = whole
            self.responseBodyByteCount = responseBodyByteCount
        }
    }

    public struct Response: Sendable {
        public let status: Int
        public let headers: HTTPHeaders
        public let body: [UInt8]
    }

    /// Why there is no whole response.
    public enum Failure: Error {
        /// `Limits.connect` passed.
        case connectTimeout
        /// An `IOError`, or that the server's address cannot exist.
        case notConnected(any Error)
        /// `Limits.whole` passed.
        case timeout
        /// The response's body has more than `Limits.responseBodyByteCount`.
        case bodyTooLong
        /// The connection ended early, or what came is not HTTP.
        case interrupted(String)
        /// The calling task was cancelled.
        case cancelled
    }

    /// Any status is a response.
    ///
    /// - Parameters:
    ///   - target: path and query, as in the request line.
    ///   - headers: `Host` among them. `Content-Length` and `Connection: close` are added.
    public static func send(
        _ method: HTTPMethod, _ target: String, _ headers: [(String, String)], body: [UInt8] = [],
        to server: Server, within limits: Limits
    ) async throws(Failure) -> Response {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: Response.self)
        let deadline = loop.scheduleTask(in: max(.zero, TimeAmount(limits.whole))) { promise.fail(Failure.timeout) }
        defer { deadline.cancel() }
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: HTTPHeaders(headers))
        head.headers.replaceOrAdd(name: "Content-Length", value: "\(body.count)")
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        connect(to: server, on: loop, promise, limits).whenComplete { [head] result in
            switch result {
            case .failure(ChannelError.connectTimeout):
                promise.fail(Failure.connectTimeout)
            case .failure(let error):
                promise.fail(Failure.notConnected(error))
            case .success(let channel):
                promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
                channel.write(HTTPClientRequestPart.head(head), promise: nil)
                channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
                // Sending may fail after the server has answered and closed: then the response is what counts.
                channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
            }
        }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(Failure.cancelled)
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .interrupted("\(error)")
        }
    }

    private static func connect(
        to server: Server, on loop: any EventLoop, _ promise: EventLoopPromise<Response>, _ limits: Limits
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(limits.connect))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(ResponseCollector(promise, byteLimit: limits.responseBodyByteCount))
                }
            }
        switch server {
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            do {
                // By name, an error would be of several addresses, and none would have its number.
                return bootstrap.connect(to: try SocketAddress(ipAddress: host, port: port))
            } catch {
                return loop.makeFailedFuture(error)
            }
        }
    }
}

/// Completes a promise with the one response of a connection. Belongs to the connection's event loop.
private final class ResponseCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<HTTPExchange.Response>
    private let byteLimit: Int
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(_ promise: EventLoopPromise<HTTPExchange.Response>, byteLimit: Int) {
        self.promise = promise
        self.byteLimit = byteLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= byteLimit else {
                promise.fail(HTTPExchange.Failure.bodyTooLong)
                return
            }
            body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            promise.succeed(
                HTTPExchange.Response(status: Int(head.status.code), headers: head.headers, body: body))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(HTTPExchange.Failure.interrupted("\(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(HTTPExchange.Failure.interrupted("the connection was closed before a whole response"))
        context.fireChannelInactive()
    }
}
