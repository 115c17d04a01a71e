/// Inner packets that passed the tunnel, and their bytes, without the tunnel's overhead.
package struct TrafficReport: Codable, Sendable, Equatable {
    package var sentPackets: UInt64
    package var sentBytes: UInt64
    package var receivedPackets: UInt64
    package var receivedBytes: UInt64

    package init(
        sentPackets: UInt64 = 0, sentBytes: UInt64 = 0, receivedPackets: UInt64 = 0, receivedBytes: UInt64 = 0
    ) {
        self.sentPackets = sentPackets
        self.sentBytes = sentBytes
        self.receivedPackets = receivedPackets
        self.receivedBytes = receivedBytes
    }
}
