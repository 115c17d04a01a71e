import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An instance metadata service that answers as EC2's does to IMDSv2 (EC2 user guide, "Use the Instance Metadata Service"),
/// unless a test sets another answer. Has a clock of its own, which stands still until a test advances it.
///
/// To be ended with `stop`.
package final class FakeInstanceMetadata: Sendable {
    package struct Request: Sendable, Equatable {
        /// `PUT /latest/api/token`
        package let line: String
        package let headers: [String: String]
    }

    /// Replaces the next answer.
    package enum Answer: Sendable {
        case status(Int, body: String = "", headers: [String: String] = [:])
        /// 200 with this many bytes, their number told before them or not.
        case bytes(Int, announced: Bool)
        /// None, while the connection stays open.
        case silence
        /// 200 and half of a body; then nothing more.
        case half
        /// The connection is closed.
        case hangUp
        /// What is no HTTP.
        case garbage
    }

    struct State {
        var items: [String: String]
        var scripts: [String: [Answer]] = [:]
        var requests: [Request] = []
        var isOn = true
        var isBehindProxy = false
        /// Seconds for which tokens are given, at most.
        var longestLifetime = 21_600
        /// IP_TTL of answers that carry a token; nil: the host's own.
        var tokenHopLimit: Int?
        var clock: Duration = .zero
        /// When each token that was given expires.
        var tokens: [String: Duration] = [:]
    }

    private let state: Mutex<State>
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Parameters:
    ///   - items: what there is, by path.
    ///   - listener: a listening TCP socket, over to the service; nil: one at `host`, of any free port.
    package static func start(
        _ items: [String: String] = sampleItems, host: String = "127.0.0.1", listener: CInt? = nil
    ) async throws -> FakeInstanceMetadata {
        let service = FakeInstanceMetadata(items)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: false)
                    try pipeline.addHandler(Connection(service))
                }
            }
        let channel =
            if let listener {
                try await bootstrap.withBoundSocket(listener).get()
            } else {
                try await bootstrap.bind(host: host, port: 0).get()
            }
        service.channel.withLock { $0 = channel }
        return service
    }

    private init(_ items: [String: String]) {
        state = Mutex(State(items: items))
    }

    /// Where it listens: `127.0.0.1:40123`, `[::1]:40123`.
    package var endpoint: String {
        let address = channel.withLock { $0?.localAddress }
        let host = address?.ipAddress ?? ""
        return "\(host.contains(":") ? "[\(host)]" : host):\(address?.port ?? 0)"
    }

    package func stop() async {
        let channel = channel.withLock { $0 }
        try? await channel?.close()
    }

    // MARK: What it says

    /// The item at `path`; nil: there is none.
    package subscript(path: String) -> String? {
        get { state.withLock { $0.items[path] } }
        set { state.withLock { $0.items[path] = newValue } }
    }

    /// Answers the next requests for `path` so, one after another.
    package func answer(_ path: String, _ answers: Answer...) {
        state.withLock { $0.scripts[path, default: []] += answers }
    }

    /// Answers 403 to everything while it is off.
    package func setOn(_ isOn: Bool) {
        state.withLock { $0.isOn = isOn }
    }

    /// As if every request came by way of a proxy, which says so in X-Forwarded-For.
    package func putBehindProxy() {
        state.withLock { $0.isBehindProxy = true }
    }

    package func limitTokens(toSeconds seconds: Int) {
        state.withLock { $0.longestLifetime = seconds }
    }

    /// EC2's default is 1.
    package func limitTokens(toHops hops: Int) {
        state.withLock { $0.tokenHopLimit = hops }
    }

    /// Tokens grow older.
    package func advance(by duration: Duration) {
        state.withLock { $0.clock += duration }
    }

    /// No token holds any more, as after a restart of the service.
    package func forgetTokens() {
        state.withLock { $0.tokens = [:] }
    }

    /// What was asked up to now.
    package var requests: [Request] { state.withLock { $0.requests } }

    package var tokenRequestCount: Int { requests.count(where: { $0.line == "PUT /latest/api/token" }) }

    // MARK: Answers

    fileprivate func reply(to request: Request, path: String) -> (answer: Answer, hopLimit: Int?) {
        state.withLock { state in
            state.requests.append(request)
            if state.scripts[path]?.isEmpty == false, let next = state.scripts[path]?.removeFirst() {
                return (next, nil)
            }
            guard state.isOn else { return (.status(403), nil) }
            return request.line.hasPrefix("PUT ")
                ? (state.giveToken(request, path), state.tokenHopLimit) : (state.read(request, path), nil)
        }
    }
}

extension FakeInstanceMetadata.State {
    /// The rules for tokens: only at /latest/ (403), never through a proxy (403), for 1 second to 6 hours (400).
    fileprivate mutating func giveToken(
        _ request: FakeInstanceMetadata.Request, _ path: String
    ) -> FakeInstanceMetadata.Answer {
        guard path == "/latest/api/token", !isBehindProxy, request.headers["x-forwarded-for"] == nil else {
            return .status(403)
        }
        guard let asked = request.headers["x-aws-ec2-metadata-token-ttl-seconds"].flatMap({ Int($0) }),
            (1...21_600).contains(asked)
        else { return .status(400) }
        let seconds = min(asked, longestLifetime)
        let token = "AQAEA-token-\(tokens.count)-\(requests.count)=="
        tokens[token] = clock + .seconds(seconds)
        return .status(
            200, body: token, headers: ["X-aws-ec2-metadata-token-ttl-seconds": "\(seconds)"])
    }

    fileprivate func read(_ request: FakeInstanceMetadata.Request, _ path: String) -> FakeInstanceMetadata.Answer {
        guard let token = request.headers["x-aws-ec2-metadata-token"], let expiry = tokens[token], clock < expiry
        else { return .status(401) }
        return items[path].map { .status(200, body: $0) } ?? .status(404)
    }
}

extension FakeInstanceMetadata {
    /// An instance with two network interfaces; the second has addresses of both families.
    package static let sampleItems = [
        "/latest/meta-data/instance-id": "i-0123456789abcdef0",
        "/latest/meta-data/instance-type": "m5n.xlarge",
        "/latest/meta-data/placement/region": "eu-west-1",
        "/latest/meta-data/placement/availability-zone": "eu-west-1b",
        "/latest/meta-data/network/interfaces/macs/": "0a:00:00:00:00:01/\n0a:00:00:00:00:02/",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:01/local-ipv4s": "10.0.0.4",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:01/vpc-id": "vpc-01",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:01/subnet-id": "subnet-01",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:01/owner-id": "111111111111",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/local-ipv4s": "10.77.0.1\n10.77.0.9",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/ipv6s": "fd77::1",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/vpc-id": "vpc-02",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/subnet-id": "subnet-02",
        "/latest/meta-data/network/interfaces/macs/0a:00:00:00:00:02/owner-id": "222222222222",
        "/latest/dynamic/instance-identity/document": """
        {
          "accountId" : "123456789012",
          "instanceId" : "i-0123456789abcdef0",
          "instanceType" : "m5n.xlarge",
          "privateIp" : "10.0.0.4",
          "region" : "eu-west-1"
        }
        """,
        "/latest/dynamic/instance-identity/rsa2048": "MIAGCSqGSIb3DQEHAqCAMIACAQExDzANBglghkgB\nAAAAAAAA\n",
    ]
}

private final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let service: FakeInstanceMetadata
    private var head: HTTPRequestHead?

    init(_ service: FakeInstanceMetadata) {
        self.service = service
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end: answer(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head else { return context.close(promise: nil) }
        let path = String(head.uri.prefix { $0 != "?" })
        let headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { "\($0), \($1)" }
        let request = FakeInstanceMetadata.Request(line: "\(head.method) \(head.uri)", headers: headers)
        let (answer, hopLimit) = service.reply(to: request, path: path)
        if let hopLimit {
            // IPPROTO_IP and IP_TTL of linux/in.h.
            try? context.channel.syncOptions?.setOption(ChannelOptions.socket(0, 2), value: hopLimit)
        }
        switch answer {
        case .status(let code, let body, let more):
            respond(context, code, body.utf8.count, more)
            write(context, body.utf8.count) { Array(body.utf8) }
            end(context)
        case .bytes(let count, let announced):
            respond(context, 200, announced ? count : nil)
            write(context, count) { [UInt8](repeating: UInt8(ascii: "x"), count: count) }
            end(context)
        case .half:
            respond(context, 200, 10)
            write(context, 5) { Array("12345".utf8) }
            context.flush()
        case .silence:
            break
        case .hangUp:
            context.close(promise: nil)
        case .garbage:
            // From where the HTTP encoder stands: past it.
            let encoder = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            encoder?.writeAndFlush(
                NIOAny(IOData.byteBuffer(ByteBuffer(string: "SSH-2.0-OpenSSH_9.2\r\n\r\n"))), promise: nil)
        }
    }

    private func respond(
        _ context: ChannelHandlerContext, _ code: Int, _ byteCount: Int?, _ more: [String: String] = [:]
    ) {
        var headers = HTTPHeaders([("Content-Type", "text/plain"), ("Connection", "close")])
        headers.add(contentsOf: more.map { ($0.key, $0.value) })
        if let byteCount {
            headers.add(name: "Content-Length", value: "\(byteCount)")
        } else {
            headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: code), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func write(_ context: ChannelHandlerContext, _ count: Int, _ bytes: () -> [UInt8]) {
        guard count > 0 else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes())))), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
