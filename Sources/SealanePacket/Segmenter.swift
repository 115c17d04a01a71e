/// Cuts a super-packet, up to 64 KiB of one flow from one read of the TUN, into its segments, as Linux would
/// (`tcp_gso_segment`, `__udp_gso_segment`, `inet_gso_segment`).
///
/// `begin` parses the packet, then `next` returns one segment at a time, in order. The caller owns the memory; both
/// functions write to it. Allocates nothing, and no content of packet or header traps.
@frozen public struct Segmenter {
    /// Why a read contains no packets. Linux never writes such reads. The caller drops and counts them.
    @frozen public enum Refusal: UInt8, CaseIterable, Sendable {
        /// The bytes are not exactly one IPv4 or IPv6 packet. IPv6 jumbograms (RFC 2675) are among these.
        case notOnePacket
        /// `gso_type` is not TCPV4, TCPV6 or UDP_L4, or has the ECN bit on a type other than TCP.
        case unknownSegmentation
        /// A super-packet with `gso_size` 0.
        case noSegmentSize
        /// A super-packet that is a fragment, has a protocol or IPv6 header that cannot be segmented, or has a
        /// truncated header.
        case notSegmentable
        /// A super-packet of another family or protocol than its `gso_type`.
        case otherProtocol
        /// A super-packet of several segments with SYN, RST or URG, which are meaningful in one place only.
        case notSegmentableFlags
        /// The checksum's field, or its start, lies outside the packet.
        case checksumOutside
        /// A super-packet whose checksum is not that of its TCP or UDP header.
        case checksumElsewhere
    }

    /// How to treat a checksum that the kernel left to the hardware.
    @frozen public enum Checksums: Sendable {
        /// Every segment has its full checksum.
        case complete
        /// TCP and UDP segments keep the sum over their own pseudo-header: see `isChecksumPartial`. A checksum that a
        /// receiver could not locate from the packet alone is completed.
        case leavePartial
    }

    @usableFromInline var segment: UnsafeMutableRawPointer?
    @usableFromInline var headerByteCount = 0
    @usableFromInline var transportOffset = 0
    @usableFromInline var size = 0
    @usableFromInline var payloadLeft = 0
    @usableFromInline var isFirst = true
    /// False: the packet is its own only segment and stays unchanged.
    @usableFromInline var isRun = false
    @usableFromInline var isIPv4 = false
    @usableFromInline var isTCP = false
    @usableFromInline var flags: UInt8 = 0
    @usableFromInline var identification: UInt16 = 0
    @usableFromInline var sequence: UInt32 = 0
    /// Over the IPv4 header without total length, identification and checksum.
    @usableFromInline var ipSum: UInt64 = 0
    /// Over the pseudo-header without the length.
    @usableFromInline var pseudoHeaderSum: UInt64 = 0
    /// Over the TCP or UDP header without the fields that differ between segments.
    @usableFromInline var transportSum: UInt64 = 0

    /// How many segments `next` has yet to return.
    public private(set) var segmentsLeft = 0
    /// Whether the segments' checksums still lack the sum over header and payload. The sealed packet must say so.
    public private(set) var isChecksumPartial = false
    /// The length of the longest segment, in bytes, from the IP header on.
    public private(set) var longestSegment = 0

    @inlinable public init() {}

    /// Starts with a packet as read from the TUN. After a refusal there are no segments. Does not change the packet,
    /// unless it is a single packet with a checksum to complete.
    ///
    /// - Parameters:
    ///   - packet: `count` bytes, after the virtio header. They must stay in place until the last segment was returned,
    ///     and are overwritten meanwhile.
    public mutating func begin(
        _ packet: UnsafeMutableRawPointer, count: Int, header: VirtioNetHeader, checksums: Checksums
    ) -> Refusal? {
        segmentsLeft = 0
        isChecksumPartial = false
        longestSegment = 0
        guard count > 0, let view = IPPacket(UnsafeRawBufferPointer(start: packet, count: count)) else {
            return .notOnePacket
        }
        let start = Int(header.checksumStart)
        let field = start + Int(header.checksumOffset)
        if header.isChecksumPartial, field + 2 > count { return .checksumOutside }
        guard header.segmentation != VirtioNetHeader.single else {
            beginSingle(packet, view, header, checksums)
            return nil
        }
        let wanted: (isTCP: Bool, isIPv4: Bool)
        switch header.segmentation {
        case VirtioNetHeader.tcpIPv4, VirtioNetHeader.tcpIPv4 | VirtioNetHeader.ecnBit: wanted = (true, true)
        case VirtioNetHeader.tcpIPv6, VirtioNetHeader.tcpIPv6 | VirtioNetHeader.ecnBit: wanted = (true, false)
        case VirtioNetHeader.udp: wanted = (false, view.isIPv4)
        default: return .unknownSegmentation
        }
        guard header.segmentByteCount > 0 else { return .noSegmentSize }
        guard let layout = TransportLayout(view) else { return .notSegmentable }
        guard layout.isTCP == wanted.isTCP, layout.isIPv4 == wanted.isIPv4 else { return .otherProtocol }
        if header.isChecksumPartial {
            guard start == layout.transportOffset, field == start + layout.checksumOffset else {
                return .checksumElsewhere
            }
        }
        size = Int(header.segmentByteCount)
        payloadLeft = count - layout.payloadOffset
        let segments = max(1, (payloadLeft + size - 1) / size)
        // SYN, RST, URG.
        if layout.isTCP, segments > 1, view.byte(layout.transportOffset + 13) & 0x26 != 0 {
            return .notSegmentableFlags
        }
        beginRun(packet, layout)
        segmentsLeft = segments
        longestSegment = headerByteCount + min(size, payloadLeft)
        isChecksumPartial = checksums == .leavePartial
        return nil
    }

    /// Starts over with the packet of the last `begin`, before its first segment, with complete checksums. What `begin`
    /// completed despite `leavePartial` is complete already.
    public mutating func beginAgainWithWholeChecksums(
        _ packet: UnsafeMutableRawPointer, count: Int, header: VirtioNetHeader
    ) -> Refusal? {
        guard isChecksumPartial else { return nil }
        return begin(packet, count: count, header: header, checksums: .complete)
    }

    private mutating func beginSingle(
        _ packet: UnsafeMutableRawPointer, _ view: IPPacket, _ header: VirtioNetHeader, _ checksums: Checksums
    ) {
        isRun = false
        segment = packet
        segmentsLeft = 1
        longestSegment = view.bytes.count
        guard header.isChecksumPartial else { return }
        let start = Int(header.checksumStart)
        if checksums == .leavePartial, let layout = TransportLayout(view), layout.transportOffset == start,
            layout.checksumOffset == Int(header.checksumOffset)
        {
            isChecksumPartial = true
            return
        }
        let sum = InternetChecksum.sum(UnsafeRawPointer(packet) + start, byteCount: view.bytes.count - start)
        let checksum = InternetChecksum.fold(sum)
        // A UDP checksum of 0 means that there is none (RFC 768).
        let isUDP = header.checksumOffset == 6
        packet.store(checksum == 0 && isUDP ? 0xFFFF : checksum, start + Int(header.checksumOffset))
    }

    private mutating func beginRun(_ packet: UnsafeMutableRawPointer, _ layout: TransportLayout) {
        let bytes = UnsafeRawPointer(packet)
        isRun = true
        isFirst = true
        segment = packet
        (isIPv4, isTCP) = (layout.isIPv4, layout.isTCP)
        headerByteCount = layout.payloadOffset
        transportOffset = layout.transportOffset
        let transport = bytes + layout.transportOffset
        pseudoHeaderSum = layout.pseudoHeaderSum(bytes)
        if isIPv4 {
            identification = bytes.bigEndian16(4)
            ipSum = UInt64(bytes.bigEndian16(0)) + UInt64(bytes.bigEndian16(6)) + UInt64(bytes.bigEndian16(8))
            ipSum += InternetChecksum.sum(bytes + 12, byteCount: layout.transportOffset - 12)
        }
        transportSum = InternetChecksum.sum(transport, byteCount: 4)
        guard isTCP else { return }
        sequence = transport.bigEndian32(4)
        flags = transport.byte(13)
        transportSum += InternetChecksum.sum(transport + 8, byteCount: 4) + UInt64(transport.byte(12)) << 8
        transportSum += UInt64(transport.bigEndian16(14))
        let optionsEnd = layout.payloadOffset - layout.transportOffset
        transportSum += InternetChecksum.sum(transport + 18, byteCount: optionsEnd - 18)
    }

    /// The next segment, complete, in the packet's own memory: its header is written directly before its payload, over
    /// the end of the previous segment. Nil after the last one.
    ///
    /// The caller must have read (sealed into other memory) each segment before it asks for the next, and must not
    /// change it.
    @inlinable public mutating func next() -> UnsafeRawBufferPointer? {
        guard segmentsLeft > 0, let start = segment else { return nil }
        countOne()
        guard isRun else { return UnsafeRawBufferPointer(start: start, count: longestSegment) }
        let byteCount = advance(start)
        return UnsafeRawBufferPointer(start: segment, count: byteCount)
    }

    @usableFromInline mutating func countOne() { segmentsLeft &-= 1 }

    /// Moves the header to directly before the next payload and updates it. Returns the segment's length.
    @usableFromInline mutating func advance(_ previous: UnsafeMutableRawPointer) -> Int {
        var start = previous
        if !isFirst {
            start = previous + size
            start.copyMemory(from: previous, byteCount: headerByteCount)
            segment = start
            sequence &+= UInt32(truncatingIfNeeded: size)
            identification &+= 1
        }
        let payload = size < payloadLeft ? size : payloadLeft
        payloadLeft &-= payload
        let byteCount = headerByteCount &+ payload
        if isIPv4 {
            start.store(UInt16(truncatingIfNeeded: byteCount), 2)
            start.store(identification, 4)
            let sum = ipSum &+ UInt64(byteCount) &+ UInt64(identification)
            start.store(InternetChecksum.fold(sum), 10)
        } else {
            start.store(UInt16(truncatingIfNeeded: byteCount &- 40), 4)
        }
        let transport = start + transportOffset
        let length = UInt64(byteCount &- transportOffset)
        var sum = pseudoHeaderSum &+ length
        if isTCP {
            var flags = self.flags
            // FIN and PSH on the last segment, CWR on the first (RFC 3168 section 6.1.2: the sender sets it once).
            if segmentsLeft > 0 { flags &= ~0x09 }
            if !isFirst { flags &= ~0x80 }
            transport.store(sequence, 4)
            transport.storeBytes(of: flags, toByteOffset: 13, as: UInt8.self)
            if !isChecksumPartial {
                sum &+= transportSum &+ UInt64(sequence >> 16) &+ UInt64(sequence & 0xFFFF) &+ UInt64(flags)
                sum &+= InternetChecksum.sum(UnsafeRawPointer(start) + headerByteCount, byteCount: payload)
            }
            transport.store(isChecksumPartial ? InternetChecksum.folded(sum) : InternetChecksum.fold(sum), 16)
        } else {
            transport.store(UInt16(truncatingIfNeeded: length), 4)
            if !isChecksumPartial {
                sum &+= transportSum &+ length
                sum &+= InternetChecksum.sum(UnsafeRawPointer(start) + headerByteCount, byteCount: payload)
            }
            let full = InternetChecksum.fold(sum)
            transport.store(isChecksumPartial ? ~full : full == 0 ? 0xFFFF : full, 6)
        }
        isFirst = false
        return byteCount
    }
}
