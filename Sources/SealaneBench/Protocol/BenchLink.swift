import NIOCore
import NIOPosix
import SealaneLinux
import SealanePacket

/// One end of a control connection: lines over TCP. Used by one task.
struct BenchLink {
    private let channel: any Channel
    private var lines: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    init(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ streams: Streams) {
        channel = connection.channel
        lines = streams.inbound.makeAsyncIterator()
        outbound = streams.outbound
    }

    struct Streams {
        let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    }

    /// Of the other end; nil: it has gone.
    var remoteAddress: IPAddress? { channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) } }

    var localAddress: IPAddress? { channel.localAddress?.ipAddress.flatMap { IPAddress($0) } }

    var isOpen: Bool { channel.isActive }

    /// Makes lines of what comes through a channel. On the channel's event loop.
    static func prepare(_ channel: any Channel) throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        try channel.pipeline.syncOperations.addHandler(
            ByteToMessageHandler(LineDecoder(), maximumBufferSize: 2 * BenchMessage.byteLimit))
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }

    /// Connects, and closes when `body` is through.
    /// - Parameter host: a name or an address.
    static func connect<Result: Sendable>(
        to host: String, port: Int, _ body: (inout BenchLink) async throws -> Result
    ) async throws -> Result {
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            connection = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(.seconds(5))
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try prepare(channel) }
                }
        } catch {
            throw BenchError(
                "no answer from \(host) TCP port \(port): \(Self.sentence(error)); "
                    + "start sealane bench serve there, and open the port between the hosts")
        }
        return try await connection.executeThenClose { inbound, outbound in
            var link = BenchLink(connection, Streams(inbound: inbound, outbound: outbound))
            return try await body(&link)
        }
    }

    /// What stood in the way of a connection.
    private static func sentence(_ error: any Error) -> String {
        let attempts = (error as? NIOConnectionError)?.connectionErrors.map(\.error) ?? [error]
        if let failed = attempts.lazy.compactMap({ $0 as? IOError }).first {
            return SystemError.text(of: failed.errnoCode)
        }
        if error is SocketAddressError.UnknownHost { return "no host has this name" }
        return "\(attempts.first ?? error)"
    }

    func send(_ message: some BenchMessageContent) async throws {
        var buffer = ByteBuffer(bytes: try BenchMessage.encode(message))
        buffer.writeInteger(UInt8(ascii: "\n"))
        try await outbound.write(buffer)
    }

    /// The next line, without its newline; nil: the other end has closed, or said nothing for so long.
    mutating func line(within limit: Duration) async throws -> [UInt8]? {
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { [channel] in
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        return try await lines.next().map { Array($0.readableBytesView) }
    }

    /// Asks, and waits for the answer. A refusal is thrown.
    mutating func ask(_ request: BenchRequest, within limit: Duration = .seconds(15)) async throws -> BenchReply {
        let line: [UInt8]?
        do {
            try await send(request)
            line = try await self.line(within: limit)
        } catch let error as BenchError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw BenchError("the connection to the server is lost: \(error)")
        }
        try Task.checkCancellation()
        guard let line else { throw BenchError("the server has closed the connection, or does not answer") }
        let reply = try BenchMessage.decode(BenchReply.self, from: line)
        if case .refused(let why) = reply { throw BenchError("the server says: \(why)") }
        return reply
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
