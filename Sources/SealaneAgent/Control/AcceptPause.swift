import Logging
import NIOCore
import SealaneLinux

/// Pauses after a failure to accept a connection, for example for lack of file descriptors. NIO alone would retry at
/// once, for ever.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static var length: TimeAmount { .seconds(1) }

    private let logger: Logger
    /// The failure is in the log.
    private var isLogged = false

    init(_ logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        if !isLogged {
            isLogged = true
            logger.error(
                "no connection can be accepted; connections wait",
                metadata: ["why": "\(SystemError.text(of: error.errnoCode))"])
        }
        let channel = context.channel
        // The channel may have closed.
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        channel.eventLoop.scheduleTask(in: Self.length) {
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isLogged {
            isLogged = false
            logger.notice("connections are accepted again")
        }
        context.fireChannelRead(data)
    }
}
