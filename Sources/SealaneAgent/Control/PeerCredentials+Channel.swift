import NIOCore
import SealaneLinux

extension PeerCredentials {
    /// The process at the other end of a Unix socket; nil: the kernel does not say. Call it on the channel's event
    /// loop.
    static func ofPeer(of channel: any Channel) -> PeerCredentials? {
        let descriptor = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { $0 }
        return descriptor.flatMap { $0 }.flatMap { try? PeerCredentials.of(fileDescriptor: $0) }
    }
}
