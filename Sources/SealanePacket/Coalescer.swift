/// Joins consecutive packets of a flow into runs, so that the kernel receives up to 64 KiB in one write: the reverse of
/// `Segmenter`. Segmenting a run, here or in Linux, gives exactly the packets that went in. One exception: if the
/// identification of IPv4 packets with DF is constant, segments of a run count it up; RFC 6864 section 4.1 gives the
/// field of such packets no meaning.
///
/// For the packets of one receive call: `add` each one, and write the runs of `nextRun` until it returns nil; after the
/// last packet `flush`, and write the rest. Packets of a flow leave in order of arrival. No payload is copied; headers
/// are changed in place. Owns fixed memory and allocates nothing after `init`.
@frozen public struct Coalescer: ~Copyable {
    /// Which packets may be joined; the others leave one by one.
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
        /// The packet was not added: runs of `nextRun` must leave first.
        case full
        /// Not exactly one IPv4 or IPv6 packet, or declared to have a partial checksum without a field for one. Not
        /// added; drop it.
        case refused
    }

    /// One run, from its first packet until the caller is done with it.
    @frozen @usableFromInline struct Slot {
        @usableFromInline var flow: UInt64 = 0
        @usableFromInline var addresses: UInt64 = 0
        /// Increases with each new run: the oldest run has the smallest.
        @usableFromInline var age: UInt64 = 0
        @usableFromInline var isIPv4 = false
        @usableFromInline var isTCP = false
        @usableFromInline var isChecksumPartial = false
        @usableFromInline var isFirstVerified = false
        /// The last packet had PSH.
        @usableFromInline var isPushed = false
        /// The increment of the IPv4 identification: 0 or 1 from the second packet on, -1 before.
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

    /// May change at any time; affects packets added later.
    public var kinds: Kinds
    public let segmentLimit: Int
    public let flowLimit: Int
    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    /// `segmentLimit` + 1 for each slot.
    @usableFromInline let pieces: UnsafeMutablePointer<RunPiece>
    /// 16 bytes for each slot.
    @usableFromInline let headers: UnsafeMutableRawPointer
    /// A ring of the closed slots, in the order in which they leave.
    @usableFromInline let closed: UnsafeMutablePointer<Int>
    @usableFromInline var closedStart = 0
    @usableFromInline var closedCount = 0
    /// One bit per slot.
    @usableFromInline var free: UInt64
    @usableFromInline var open: UInt64 = 0
    /// The slot of the run that the caller has, or -1.
    @usableFromInline var taken = -1
    @usableFromInline var runsBegun: UInt64 = 0

    /// - Parameters:
    ///   - flowLimit: how many runs may wait for more packets at a time, clamped to 1...62.
    ///   - segmentLimit: packets in one run, clamped to 1...1023: `writev` takes 1024 pieces. Linux before 6.9 segments
    ///     a run into at most 64 datagrams.
    public init(flowLimit: Int = 8, segmentLimit: Int = 64, kinds: Kinds = .all) {
        self.kinds = kinds
        self.flowLimit = min(max(flowLimit, 1), 62)
        self.segmentLimit = min(max(segmentLimit, 1), 1023)
        // One more for the packet that displaces the oldest run, or that leaves at once.
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

    /// Adds one packet.
    ///
    /// - Parameters:
    ///   - packet: `count` bytes that stay in place until the run with the packet was written. Their headers may be
    ///     changed.
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
            // A fragment may belong to any flow between the two addresses.
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

    /// The next complete run; nil if there is none.
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

    /// Completes all runs, oldest first: the receive call has no more packets.
    public mutating func flush() {
        while open != 0 { closeOldest() }
    }
}
