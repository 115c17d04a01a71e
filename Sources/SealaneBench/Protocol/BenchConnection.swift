import NIOCore
import NIOPosix

/// A TCP connection that delivers lines. The caller who gets it closes it.
struct BenchConnection: Sendable {
    let channel: any Channel
    /// Lines without their newlines. The stream ends with the connection.
    let lines: AsyncStream<[UInt8]>

    /// Each side waits for an answer before its next line, so more waiting lines than this break the protocol.
    private static var waitingLineLimit: Int { 4 }

    /// Prepares a channel that is not connected yet. Runs on the event loop of the channel.
    /// - Parameter isConnected: runs on the event loop once the channel is connected.
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
        // If the host has several addresses, only one of the prepared channels connects.
        for await connection in connections where connection.channel === channel { return connection }
        try? await channel.close()
        throw CancellationError()
    }

    /// Listens until the caller closes the returned channel.
    /// - Parameters:
    ///   - connections: receives each accepted connection.
    static func listen(
        at address: NIOCore.SocketAddress, _ connections: AsyncStream<BenchConnection>.Continuation
    ) async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            // The measurement of connection set-up connects many times in a row.
            .serverChannelOption(.backlog, value: 1024)
            // Connections of an earlier server stay on the port for a while after its end.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel) { connections.yield($0) } }
            }
            .bind(to: address).get()
    }
}

/// Passes lines on to the stream.
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
        // The connection broke, or a line was too long.
        context.close(promise: nil)
    }
}

/// Splits the bytes at newlines.
private struct LineDecoder: NIOSingleStepByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    mutating func decode(buffer: inout ByteBuffer) throws -> ByteBuffer? {
        guard let end = buffer.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            guard buffer.readableBytes <= BenchMessage.byteLimit else {
                throw BenchError("a line exceeds \(BenchMessage.byteLimit) bytes")
            }
            return nil
        }
        let line = buffer.readSlice(length: end - buffer.readerIndex)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }

    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> ByteBuffer? {
        // A line without a newline is incomplete.
        try decode(buffer: &buffer)
    }
}
