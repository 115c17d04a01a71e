/// Puts consecutive packets of a flow back together into runs, so that the kernel takes up to 64 KiB with one write: the
/// reverse of `Segmenter`. A run cut by `Segmenter`, or by Linux, gives the very packets that went in. One exception: where
/// the identification of IPv4 packets with DF stands still, those cut from a run count up; RFC 6864 section 4.1 gives the
/// field of such packets no meaning.
///
/// For the packets of one receive call: `add` each and take what `nextRun` gives until it gives nil; after the last packet
/// `flush`, and take the rest. Packets of a flow leave in the order in which they came. No payload is copied; headers are
/// changed in place. Holds fixed memory of its own and allocates nothing after `init`.
@frozen public struct Coalescer: ~Copyable {
    /// Which packets may be put together; the others leave one by one.
    @frozen public struct Kinds: OptionSet, Sendable {
        public let rawValue: UInt8
        @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
        @inlinable public static var tcpIPv4: Kinds { Kinds(rawValue: 1) }
        @inlinable public static var tcpIPv6: Kinds { Kinds(rawValue: 2) }
        @inlinable public static var udpIPv4: Kinds { Kinds(rawValue: 4) }
        @inlinable public static var udpIPv6: Kinds { Kinds(rawValue: 8) }
        @inlinable public static var all: Kinds { Kinds(rawValue: 15) }
    }

    @frozen public enum Addition: Sendable {
        case accepted
        /// The packet was not taken: `nextRun` has runs that must leave first.
        case full
        /// Not one whole IPv4 or IPv6 packet, or said to have a partial checksum and no place for one. Not taken; drop it.
        case refused
    }

    /// One run, while packets join it and until it has been taken.
    @frozen @usableFromInline struct Slot {
        @usableFromInline var flow: UInt64 = 0
        @usableFromInline var addresses: UInt64 = 0
        /// Counts up with each run begun: the oldest is the smallest.
        @usableFromInline var age: UInt64 = 0
        @usableFromInline var isIPv4 = false
        @usableFromInline var isTCP = false
        @usableFromInline var isChecksumPartial = false
        @usableFromInline var isFirstVerified = false
        /// The last packet had PSH.
        @usableFromInline var isPushed = false
        /// Of the IPv4 identification; 0 or 1 once there are two packets, -1 before.
        @usableFromInline var identificationStep = -1
        @usableFromInline var transportOffset = 0
        @usableFromInline var payloadOffset = 0
        @usableFromInline var segmentByteCount = 0
        @usableFromInline var byteCount = 0
        @usableFromInline var packetCount = 0
        @usableFromInline var nextSequence: UInt32 = 0
        @usableFromInline var header = VirtioNetHeader()
        @usableFromInline var original = HeaderFields()

        @inlinable init() {}
    }

    /// May be changed at any time; holds for the packets added later.
    public var kinds: Kinds
    public let segmentLimit: Int
    public let flowLimit: Int
    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    /// `segmentLimit` + 1 for each slot.
    @usableFromInline let pieces: UnsafeMutablePointer<RunPiece>
    /// 16 bytes for each slot.
    @usableFromInline let headers: UnsafeMutableRawPointer
    /// The closed slots, as a ring, in the order in which they leave.
    @usableFromInline let closed: UnsafeMutablePointer<Int>
    @usableFromInline var closedStart = 0
    @usableFromInline var closedCount = 0
    /// One bit per slot.
    @usableFromInline var free: UInt64
    @usableFromInline var open: UInt64 = 0
    /// The slot whose run the caller has, or -1.
    @usableFromInline var taken = -1
    @usableFromInline var runsBegun: UInt64 = 0

    /// - Parameters:
    ///   - flowLimit: how many runs may wait for more packets at a time; 1...62, others are clamped.
    ///   - segmentLimit: packets in one run; 1...1023, others are clamped: `writev` takes 1024 pieces. Linux before 6.9 cuts
    ///     no more than 64 datagrams from a run.
    public init(flowLimit: Int = 8, segmentLimit: Int = 64, kinds: Kinds = .all) {
        self.kinds = kinds
        self.flowLimit = min(max(flowLimit, 1), 62)
        self.segmentLimit = min(max(segmentLimit, 1), 1023)
        // One more for the packet that makes the oldest run leave, or that leaves at once.
        let slotCount = self.flowLimit + 1
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: Slot(), count: slotCount)
        headers = .allocate(byteCount: 16 * slotCount, alignment: 16)
        headers.initializeMemory(as: UInt8.self, repeating: 0, count: 16 * slotCount)
        pieces = .allocate(capacity: slotCount * (self.segmentLimit + 1))
        pieces.initialize(
            repeating: RunPiece(base: headers, count: 0), count: slotCount * (self.segmentLimit + 1))
        closed = .allocate(capacity: slotCount)
        closed.initialize(repeating: 0, count: slotCount)
        free = (1 << UInt64(slotCount)) - 1
    }

    deinit {
        slots.deallocate()
        pieces.deallocate()
        headers.deallocate()
        closed.deallocate()
    }

    /// Takes one packet.
    ///
    /// - Parameters:
    ///   - packet: `count` bytes that stay until the run with the packet has been taken and written, and in which headers
    ///     may be changed.
    ///   - isChecksumPartial: the TCP or UDP checksum holds the sum over the pseudo-header only.
    public mutating func add(
        _ packet: UnsafeMutableRawPointer, count: Int, isChecksumPartial: Bool = false
    ) -> Addition {
        releaseTaken()
        guard free != 0 else { return .full }
        guard count > 0, let view = IPPacket(UnsafeRawBufferPointer(start: packet, count: count)) else {
            return .refused
        }
        let addresses = Self.hashAddresses(view)
        guard let layout = TransportLayout(view) else {
            if isChecksumPartial { return .refused }
            // A fragment may belong to any flow between the two.
            closeAll(between: addresses)
            beginRun(packet, count, nil, flow: 0, addresses: addresses, isChecksumPartial: false)
            return .accepted
        }
        let ports = UnsafeRawPointer(packet).bigEndian32(layout.transportOffset)
        let flow = Self.mix(addresses ^ UInt64(ports) << 1 ^ (layout.isTCP ? 1 : 0))
        let mayJoin = Self.mayJoin(UnsafeRawPointer(packet), count, layout, kinds)
        let slot = findOpen(flow)
        if slot >= 0 {
            if mayJoin, join(slot, packet, count, layout, isChecksumPartial) { return .accepted }
            close(slot)
        }
        let stays = mayJoin && !(layout.isTCP && view.byte(layout.transportOffset + 13) & 0x08 != 0)
        if stays, open.nonzeroBitCount == flowLimit { closeOldest() }
        let begun = beginRun(
            packet, count, layout, flow: flow, addresses: addresses, isChecksumPartial: isChecksumPartial, stays: stays)
        if stays, segmentLimit == 1 { close(begun) }
        return .accepted
    }

    /// The next run that is complete, nil where there is none.
    public mutating func nextRun() -> CoalescedRun? {
        releaseTaken()
        guard closedCount > 0 else { return nil }
        let index = closed[closedStart]
        closedStart = closedStart == flowLimit ? 0 : closedStart &+ 1
        closedCount &-= 1
        taken = index
        let slot = slots + index
        let isRun = slot.pointee.packetCount > 1
        return CoalescedRun(
            header: slot.pointee.header,
            pieces: UnsafeMutableBufferPointer(start: firstPiece(index), count: slot.pointee.packetCount &+ 1),
            headerByteCount: isRun ? slot.pointee.payloadOffset : 0, byteCount: slot.pointee.byteCount,
            isChecksumPartial: slot.pointee.isChecksumPartial, transportOffset: slot.pointee.transportOffset,
            original: slot.pointee.original)
    }

    /// Completes all runs, in the order in which they were begun: the receive call has no more packets.
    public mutating func flush() {
        while open != 0 { closeOldest() }
    }
}
