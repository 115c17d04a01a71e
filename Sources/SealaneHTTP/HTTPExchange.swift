import NIOCore
import NIOHTTP1
import NIOPosix

/// One HTTP/1.1 request and its response (RFC 9112) on a new connection. Does not follow redirects, use proxies or
/// retry.
package enum HTTPExchange {
    package enum Server: Sendable, Hashable {
        /// The path of a Unix domain socket.
        case unix(String)
        /// - Parameter host: an IP address without brackets.
        case tcp(host: String, port: Int)
    }

    package struct Limits: Sendable {
        /// The time to connect.
        package let connect: Duration
        /// The time from the call to the last byte of the response, including the connection.
        package let whole: Duration
        package let responseBodyByteCount: Int

        package init(connect: Duration, whole: Duration, responseBodyByteCount: Int) {
            self.connect = connect
            self.whole = whole
            self.responseBodyByteCount = responseBodyByteCount
        }
    }

    package struct Response: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        package let body: [UInt8]
    }

    /// Why there is no complete response.
    package enum Failure: Error {
        /// `Limits.connect` passed.
        case connectTimeout
        /// An `IOError`, or an error about an invalid server address.
        case notConnected(any Error)
        /// `Limits.whole` passed.
        case timeout
        /// The response body is longer than `Limits.responseBodyByteCount`.
        case bodyTooLong
        /// The kernel ended the connection with this error number.
        case connectionLost(Int32)
        /// The connection ended early, or the response was not HTTP.
        case interrupted(String)
        /// The calling task was cancelled.
        case cancelled
    }

    /// Sends a request. Returns the response whatever its status.
    ///
    /// - Parameters:
    ///   - target: path and query, as in the request line.
    ///   - headers: must contain `Host`. `Content-Length` and `Connection: close` are added.
    package static func send(
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
                // Sending may fail after the server has responded and closed the connection; the response still counts.
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
                // Connecting by name would hide the error number behind a list of addresses.
                return bootstrap.connect(to: try SocketAddress(ipAddress: host, port: port))
            } catch {
                return loop.makeFailedFuture(error)
            }
        }
    }
}

/// Completes a promise with the connection's response. Confined to the connection's event loop.
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
        let failure = (error as? IOError).map { HTTPExchange.Failure.connectionLost($0.errnoCode) }
        promise.fail(failure ?? .interrupted("\(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(HTTPExchange.Failure.interrupted("the connection was closed before the response was complete"))
        context.fireChannelInactive()
    }
}
