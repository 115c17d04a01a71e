import NIOCore
import NIOHTTP1
import SealaneControl
import SealaneLinux

/// One connection of a listener. Reads one request within limits, and sends the answer.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        case waiting
        case reading(HTTPRequestHead, body: [UInt8])
        /// The answer is being made or was sent. Further input is dropped.
        case answering
    }

    private let responder: any ControlResponder
    private let caller: PeerCredentials?
    private let limits: ConnectionLimits
    private var phase = Phase.waiting
    private var isHead = false
    /// The other end has closed its half.
    private var isInputClosed = false
    private var isAnswered = false

    private var isAnswerAwaited: Bool {
        if case .answering = phase { !isAnswered } else { false }
    }

    init(_ responder: any ControlResponder, caller: PeerCredentials?, _ limits: ConnectionLimits) {
        self.responder = responder
        self.caller = caller
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        close(context, after: limits.request) { connection in
            if case .answering = connection.phase { false } else { true }
        }
    }

    /// Closes the connection after `limit`, however active the other end is.
    private func close(
        _ context: ChannelHandlerContext, after limit: Duration,
        if isLate: @escaping @Sendable (ControlConnection) -> Bool
    ) {
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let deadline = context.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            let (connection, context) = here.value
            if isLate(connection) { context.close(promise: nil) }
        }
        context.channel.closeFuture.whenComplete { _ in deadline.cancel() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), phase) {
        case (.head(let head), .waiting):
            phase = .reading(head, body: [])
            isHead = head.method == .HEAD
            let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            if announced > ControlServer.bodyByteLimit { refuseBody(of: head, context) }
        case (.body(let buffer), .reading(let head, var body)):
            guard body.count + buffer.readableBytes <= ControlServer.bodyByteLimit else {
                return refuseBody(of: head, context)
            }
            phase = .answering
            body += buffer.readableBytesView
            phase = .reading(head, body: body)
        case (.end, .reading(let head, let body)):
            respond(
                to: ControlRequest(method: head.method.rawValue, target: head.uri, body: body, caller: caller), context)
        default:
            break
        }
    }

    private func respond(to request: ControlRequest, _ context: ChannelHandlerContext) {
        phase = .answering
        let (responder, loop) = (responder, context.eventLoop)
        let here = NIOLoopBound((self, context), eventLoop: loop)
        Task {
            let response = await responder.response(to: request)
            loop.execute { here.value.0.send(response, here.value.1) }
        }
    }

    /// The input is not HTTP/1.1, or the connection broke.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError || error is ByteToMessageDecoderError else { return context.close(promise: nil) }
        if case .answering = phase { return }
        refuse(ControlError(.badRequest, "this is not a request of HTTP/1.1: \(error)"), context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { isInputClosed = true }
        // Before the answer, the agent is the one that takes time. While the answer is sent, `limits.answer` applies.
        if isInputClosed || event is IdleStateHandler.IdleStateEvent, !isAnswerAwaited { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func refuseBody(of head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        phase = .reading(head, body: [])
        let limit = ControlServer.bodyByteLimit
        refuse(ControlError(.bodyTooLarge, "the body has more than \(limit) bytes"), context)
    }

    private func refuse(_ fault: ControlError, _ context: ChannelHandlerContext) {
        var request = ControlRequest(caller: caller, fault: fault)
        if case .reading(let head, _) = phase { (request.method, request.target) = (head.method.rawValue, head.uri) }
        respond(to: request, context)
    }

    /// Sends the answer, then waits for the other end to close, within `limits.answer`. Closing first would make the
    /// kernel drop the answer if a part of the request is unread.
    private func send(_ response: ControlResponse, _ context: ChannelHandlerContext) {
        let headers = HTTPHeaders([
            ("Content-Type", response.contentType), ("Content-Length", "\(response.body.count)"),
            ("Connection", "close"),
        ])
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        close(context, after: limits.answer) { _ in true }
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            let (connection, context) = here.value
            connection.isAnswered = true
            context.close(mode: connection.isInputClosed ? .all : .output, promise: nil)
        }
    }
}
