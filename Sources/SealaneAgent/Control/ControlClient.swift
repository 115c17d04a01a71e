import NIOCore
import NIOHTTP1
import NIOPosix
import SealaneFleet

/// Asks an agent through its control socket. Every call is a connection of its own.
public struct ControlClient: Sendable {
    /// An answer as the agent sent it, and read.
    public struct Answer<Report: Sendable>: Sendable {
        public let report: Report
        /// JSON text as it came: a newer agent's has keys that `report` does not.
        public let json: [UInt8]
    }

    public let socketPath: String
    /// For the whole of one call.
    public var timeout: Duration

    /// Ten thousand peers are about 20 MiB.
    private static var answerByteLimit: Int { 256 << 20 }

    public init(socketPath: String, timeout: Duration = .seconds(10)) {
        self.socketPath = socketPath
        self.timeout = timeout
    }

    public func status() async throws(ControlClientError) -> Answer<StatusReport> {
        try await ask(.GET, "/v1/status")
    }

    public func peers() async throws(ControlClientError) -> Answer<PeerListReport> {
        try await ask(.GET, "/v1/peers")
    }

    public func peer(named name: String) async throws(ControlClientError) -> Answer<PeerReport> {
        try await ask(.GET, "/v1/peers/\(Self.escaped(name))")
    }

    /// - Parameter source: an overlay address, as text.
    public func check(peer name: String, source: String? = nil) async throws(ControlClientError) -> Answer<CheckReport>
    {
        let query = source.map { "?source=\(Self.escaped($0))" } ?? ""
        return try await ask(.GET, "/v1/peers/\(Self.escaped(name))/check\(query)")
    }

    public func add(_ peer: PeerRecord) async throws(ControlClientError) -> Answer<PeerReport> {
        let body: [UInt8]
        do {
            body = try ReportSchema.encode(peer)
        } catch {
            throw .unintelligible(socketPath, "the peer cannot be written as JSON: \(error)")
        }
        return try await ask(.POST, "/v1/peers", body)
    }

    public func removePeer(named name: String) async throws(ControlClientError) -> Answer<RemovalReport> {
        try await ask(.DELETE, "/v1/peers/\(Self.escaped(name))")
    }

    public func reload() async throws(ControlClientError) -> Answer<ReloadReport> {
        try await ask(.POST, "/v1/reload")
    }

    // MARK: HTTP

    private func ask<Report: Decodable & Sendable>(
        _ method: HTTPMethod, _ target: String, _ body: [UInt8] = []
    ) async throws(ControlClientError) -> Answer<Report> {
        let response = try await exchange(method, target, body)
        guard (200..<300).contains(response.status) else {
            guard let said = try? ReportSchema.decode(ControlError.Body.self, from: response.body) else {
                throw .unintelligible(socketPath, "HTTP status \(response.status) without a reason")
            }
            throw .refused(ControlError(said.error.code, said.error.message))
        }
        do {
            return Answer(report: try ReportSchema.decode(Report.self, from: response.body), json: response.body)
        } catch let error as DecodingError {
            throw .unintelligible(socketPath, error.sentence)
        } catch {
            throw .unintelligible(socketPath, "\(error)")
        }
    }

    private func exchange(
        _ method: HTTPMethod, _ target: String, _ body: [UInt8]
    ) async throws(ControlClientError) -> ControlResponse {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: ControlResponse.self)
        let (limit, path) = (Self.answerByteLimit, socketPath)
        let deadline = loop.scheduleTask(in: TimeAmount(timeout)) {
            promise.fail(ControlClientError.timedOut(path, timeout))
        }
        defer { deadline.cancel() }
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(ControlExchange(promise, byteLimit: limit))
                }
            }
            .connect(unixDomainSocketPath: socketPath)
            .flatMap { channel in
                promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
                let headers = HTTPHeaders([
                    ("Host", "localhost"), ("Content-Length", "\(body.count)"), ("Connection", "close"),
                ])
                let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)
                channel.write(HTTPClientRequestPart.head(head), promise: nil)
                channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
                // Sending may fail after the agent has answered and closed: then the answer is what counts.
                channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
                return promise.futureResult
            }
            .whenFailure { promise.fail($0) }
        do {
            return try await promise.futureResult.get()
        } catch {
            throw ControlClientError(error, path: socketPath)
        }
    }

    /// RFC 3986 section 2.3: everything but unreserved characters as %XX.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return (digits.count == 1 ? "%0" : "%") + digits
            }
        }
        .joined()
    }
}

/// Collects one answer.
private final class ControlExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let promise: EventLoopPromise<ControlResponse>
    private let byteLimit: Int
    private var status: Int?
    private var body: [UInt8] = []

    init(_ promise: EventLoopPromise<ControlResponse>, byteLimit: Int) {
        self.promise = promise
        self.byteLimit = byteLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = Int(head.status.code)
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= byteLimit else {
                promise.fail(UnfinishedAnswer(what: "the answer has more than \(byteLimit) bytes"))
                return
            }
            body += buffer.readableBytesView
        case .end:
            if let status { promise.succeed(ControlResponse(status: status, body: body)) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(UnfinishedAnswer(what: "\(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(UnfinishedAnswer(what: "the connection was closed before an answer"))
        context.fireChannelInactive()
    }
}

/// The other end does not speak as an agent does, or went away.
struct UnfinishedAnswer: Error {
    let what: String
}
