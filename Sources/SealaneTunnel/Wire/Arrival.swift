import SealanePacket

/// The IP and UDP headers of a datagram as the kernel received them. Nothing in them is authentic: the sealed content says what they
/// should be.
@frozen public struct Arrival: Hashable, Sendable {
    public let tuple: FourTuple
    /// Its TTL or hop limit; 0: the kernel does not report it. Datagrams leave with `TunnelLimits.hopLimit`.
    public let hopLimit: UInt8
    /// The size in bytes of the largest IP fragment that the datagram was reassembled from; 0: it arrived whole. Datagrams
    /// leave whole and with DF set, so a fragmented one passed a router that clears DF because the next link carries less.
    public let fragmentByteCount: UInt16

    @inlinable public init(
        source: Endpoint, destination: Endpoint, hopLimit: UInt8, fragmentByteCount: UInt16 = 0
    ) {
        tuple = FourTuple(source: source, destination: destination)
        self.hopLimit = hopLimit
        self.fragmentByteCount = fragmentByteCount
    }

    @inlinable public var source: Endpoint { tuple.source }
    @inlinable public var destination: Endpoint { tuple.destination }
}
