import NIOCore
import NIOPosix
import SealaneLinux
import SealanePacket

/// One end of a control connection: lines over TCP. One task uses it and closes it.
struct BenchLink {
    private let connection: BenchConnection
    private var lines: AsyncStream<[UInt8]>.AsyncIterator

    /// How long the other end may take to receive a message.
    private static var sendPatience: Duration { .seconds(10) }

    init(_ connection: BenchConnection) {
        self.connection = connection
        lines = connection.lines.makeAsyncIterator()
    }

    private var channel: any Channel { connection.channel }

    /// The address of the other end; nil if the connection is gone.
    var remoteAddress: IPAddress? { channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) } }

    var localAddress: IPAddress? { channel.localAddress?.ipAddress.flatMap { IPAddress($0) } }

    var isOpen: Bool { channel.isActive }

    /// Connects, runs `body`, and closes the connection.
    /// - Parameter host: a name or an address.
    static func connect<Result: Sendable>(
        to host: String, port: Int, _ body: (inout BenchLink) async throws -> Result
    ) async throws -> Result {
        let connection: BenchConnection
        do {
            connection = try await BenchConnection.connect(to: host, port: port)
        } catch {
            throw BenchError(
                "no answer from \(host) TCP port \(port): \(Self.sentence(error)); "
                    + "start sealane bench serve there, and open the port between the hosts")
        }
        var link = BenchLink(connection)
        do {
            let result = try await body(&link)
            await link.close()
            return result
        } catch {
            await link.close()
            throw error
        }
    }

    func close() async {
        try? await channel.close()
    }

    /// Why a connection could not be made.
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
        let deadline = closing(after: Self.sendPatience)
        defer { deadline.cancel() }
        try await channel.writeAndFlush(buffer)
    }

    /// The next line, without its newline; nil if the other end closed the connection or sent nothing within `limit`.
    mutating func line(within limit: Duration) async throws -> [UInt8]? {
        let deadline = closing(after: limit)
        defer { deadline.cancel() }
        let line = await lines.next()
        try Task.checkCancellation()
        return line
    }

    private func closing(after limit: Duration) -> Scheduled<Void> {
        channel.eventLoop.scheduleTask(in: TimeAmount(limit)) { [channel] in channel.close(promise: nil) }
    }

    /// Sends a request and waits for the reply. Throws if the server refuses.
    mutating func ask(_ request: BenchRequest, within limit: Duration = .seconds(15)) async throws -> BenchReply {
        do {
            try await send(request)
        } catch let error as BenchError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw BenchError("lost the connection to the server: \(error)")
        }
        guard let line = try await self.line(within: limit) else {
            throw BenchError("the server closed the connection, or does not answer")
        }
        let reply = try BenchMessage.decode(BenchReply.self, from: line)
        if case .refused(let why) = reply { throw BenchError("the server says: \(why)") }
        return reply
    }
}
