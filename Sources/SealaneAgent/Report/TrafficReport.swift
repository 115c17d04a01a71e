/// Packets that went through the tunnel, and the bytes in them: inner packets, without what the tunnel adds.
public struct TrafficReport: Codable, Sendable, Equatable {
    public var sentPackets: UInt64
    public var sentBytes: UInt64
    public var receivedPackets: UInt64
    public var receivedBytes: UInt64

    public init(
        sentPackets: UInt64 = 0, sentBytes: UInt64 = 0, receivedPackets: UInt64 = 0, receivedBytes: UInt64 = 0
    ) {
        self.sentPackets = sentPackets
        self.sentBytes = sentBytes
        self.receivedPackets = receivedPackets
        self.receivedBytes = receivedBytes
    }
}
