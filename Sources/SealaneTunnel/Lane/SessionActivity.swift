/// The activity of one lane in one session.
public struct SessionActivity: Sendable, Equatable {
    public let index: SessionIndex
    public let peer: PeerID
    public let lane: UInt8
    public var sent = Traffic()
    public var received = Traffic()
    /// Dropped packets, by reason.
    package var packetsTooBig: UInt64 = 0
    public var malformedPackets: UInt64 = 0
    /// Packets from an address that is not one of the peer's.
    public var addressesNotOwned: UInt64 = 0
    /// ICMP errors about packets that cannot have gone to the peer.
    public var icmpErrorsNotOwned: UInt64 = 0
    /// Moments of the last datagram; nil: never. "Data" leaves out keepalives.
    public var lastSent: MonotonicTime?
    public var lastDataSent: MonotonicTime?
    public var lastReceived: MonotonicTime?
    public var lastDataReceived: MonotonicTime?

    @inlinable init(index: SessionIndex, peer: PeerID, lane: UInt8) {
        self.index = index
        self.peer = peer
        self.lane = lane
    }
}

/// Packets without keepalives, and their bytes: the packets' own headers count, Sealane's do not.
@frozen public struct Traffic: Sendable, Equatable {
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0

    @inlinable public init() {}

    @inlinable mutating func add(packetOf byteCount: Int) {
        packets &+= 1
        bytes &+= UInt64(byteCount)
    }

    package static func += (total: inout Self, other: Self) {
        total.packets &+= other.packets
        total.bytes &+= other.bytes
    }
}
