/// The 16 bytes before every sealed packet, which its tag also covers:
///
///     0 type 4 · 1 flags · 2 lane · 3 reserved · 4 receiver index (4) · 8 counter (8), big-endian
@frozen public struct DataHeader: Equatable, Sendable {
    public let flags: UInt8
    /// The sender's.
    public let lane: UInt8
    /// The session as its receiver named it.
    public let receiverIndex: UInt32
    public let counter: UInt64

    @inlinable public static var byteCount: Int { 16 }
    @inlinable public static var messageType: UInt8 { 4 }
    /// Flag bit 0: the packet's TCP or UDP checksum holds the sum over the pseudo-header only. The sender's kernel left
    /// the rest to hardware; the tag protects every byte.
    @inlinable public static var partialChecksum: UInt8 { 1 }
    /// Flag bit 1: the content is a `ControlMessage`, not a packet.
    @inlinable public static var control: UInt8 { 2 }
    /// Flag bit 2: the datagram travels between both ends' lanes 0, because the sender's lane has not proven its own path.
    /// Such datagrams have a key, counter and replay window of their own: another lane receives them.
    @inlinable public static var byFirstLane: UInt8 { 4 }

    @inlinable public init(flags: UInt8, lane: UInt8, receiverIndex: UInt32, counter: UInt64) {
        self.flags = flags
        self.lane = lane
        self.receiverIndex = receiverIndex
        self.counter = counter
    }

    /// Reads 16 bytes whose first is `messageType`. Nil if the reserved byte or an unknown flag is set: they are a later
    /// version's.
    @inlinable public init?(readingFrom memory: UnsafeRawPointer) {
        let word = memory.loadUnaligned(as: UInt32.self)
        guard UInt32(littleEndian: word) & 0xFF00_F800 == 0 else { return nil }
        flags = memory.loadUnaligned(fromByteOffset: 1, as: UInt8.self)
        lane = memory.loadUnaligned(fromByteOffset: 2, as: UInt8.self)
        receiverIndex = UInt32(bigEndian: memory.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        counter = UInt64(bigEndian: memory.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// Writes 16 bytes.
    @inlinable public func write(to memory: UnsafeMutableRawPointer) {
        let word = UInt32(Self.messageType) | UInt32(flags) << 8 | UInt32(lane) << 16
        memory.storeBytes(of: word.littleEndian, as: UInt32.self)
        memory.storeBytes(of: receiverIndex.bigEndian, toByteOffset: 4, as: UInt32.self)
        memory.storeBytes(of: counter.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
}
