import NIOCore
import NIOPosix

/// A TCP connection that lines come through. Whoever takes it closes it.
struct BenchConnection: Sendable {
    let channel: any Channel
    /// Without their newlines; at an end when the connection is.
    let lines: AsyncStream<[UInt8]>

    /// Each request waits for its answer: more lines than this at once are not of this conversation.
    private static var waitingLineLimit: Int { 4 }

    /// Prepares a channel that is not connected yet. On its event loop.
    /// - Parameter isConnected: called once it is, on the event loop.
    private static func prepare(
        _ channel: any Channel, isConnected: @escaping @Sendable (BenchConnection) -> Void
    ) throws {
        let (lines, continuation) = AsyncStream.makeStream(
            of: [UInt8].self, bufferingPolicy: .bufferingOldest(waitingLineLimit))
        let receiver = LineReceiver(continuation) { channel in
            isConnected(BenchConnection(channel: channel, lines: lines))
        }
        try channel.pipeline.syncOperations.addHandlers([
            ByteToMessageHandler(LineDecoder(), maximumBufferSize: 2 * BenchMessage.byteLimit), receiver,
        ])
    }

    /// - Parameter host: a name or an address.
    static func connect(to host: String, port: Int) async throws -> BenchConnection {
        let (connections, continuation) = AsyncStream.makeStream(of: BenchConnection.self)
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel) { continuation.yield($0) } }
            }
            .connect(host: host, port: port).get()
        // Of several addresses of a host, the one that answered.
        for await connection in connections where connection.channel === channel { return connection }
        try? await channel.close()
        throw CancellationError()
    }

    /// Listens until the channel that is returned is closed.
    /// - Parameters:
    ///   - connections: gets the connections that come.
    static func listen(
        at address: NIOCore.SocketAddress, _ connections: AsyncStream<BenchConnection>.Continuation
    ) async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            // Who measures how long connections take makes many, one after the other.
            .serverChannelOption(.backlog, value: 1024)
            // Connections of a server that has ended linger on the port for a while.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel) { connections.yield($0) } }
            }
            .bind(to: address).get()
    }
}

/// Hands on what comes.
private final class LineReceiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let lines: AsyncStream<[UInt8]>.Continuation
    private let isConnected: (any Channel) -> Void

    init(_ lines: AsyncStream<[UInt8]>.Continuation, isConnected: @escaping (any Channel) -> Void) {
        self.lines = lines
        self.isConnected = isConnected
    }

    func channelActive(context: ChannelHandlerContext) {
        isConnected(context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let line = Array(unwrapInboundIn(data).readableBytesView)
        if case .dropped = lines.yield(line) { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        lines.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Lost, or a line without an end.
        context.close(promise: nil)
    }
}

/// Cuts at newlines.
private struct LineDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    mutating func decode(buffer: inout ByteBuffer) throws -> ByteBuffer? {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            guard buffer.readableBytes <= BenchMessage.byteLimit else {
                throw BenchError("a line of more than \(BenchMessage.byteLimit) bytes")
            }
            return nil
        }
        let line = buffer.readSlice(length: end - buffer.readerIndex)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }

    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> ByteBuffer? {
        // Half a line is none.
        try decode(buffer: &buffer)
    }
}
