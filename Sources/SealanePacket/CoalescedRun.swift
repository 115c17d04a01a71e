/// A piece of caller-owned memory, with the layout of `struct iovec` on 64-bit Linux.
@frozen public struct RunPiece {
    public var base: UnsafeMutableRawPointer
    public var count: Int

    @inlinable public init(base: UnsafeMutableRawPointer, count: Int) {
        self.base = base
        self.count = count
    }
}

/// The content of one write to the TUN: a single packet, or the super-packet for several packets of one flow.
///
/// Points into the packets given to `Coalescer.add` and into the coalescer's own memory. Valid until the next call of
/// the coalescer.
@frozen public struct CoalescedRun {
    public let header: VirtioNetHeader
    /// For one `writev`: the 10 bytes of `header`; the first packet with its headers changed to the super-packet's;
    /// then the payload of each further packet. For a TUN without `IFF_VNET_HDR`, leave out the first piece.
    public let pieces: UnsafeMutableBufferPointer<RunPiece>
    /// Length of the IP and TCP or UDP headers that the packets of a run share; 0 for a single packet.
    public let headerByteCount: Int
    /// The super-packet's length, without the virtio header.
    public let byteCount: Int
    /// As given to `Coalescer.add` with the packets.
    public let isChecksumPartial: Bool
    @usableFromInline let transportOffset: Int
    /// The first packet's original values of the fields that the super-packet's have replaced.
    @usableFromInline let original: HeaderFields

    @inlinable init(
        header: VirtioNetHeader, pieces: UnsafeMutableBufferPointer<RunPiece>, headerByteCount: Int, byteCount: Int,
        isChecksumPartial: Bool, transportOffset: Int, original: HeaderFields
    ) {
        self.header = header
        self.pieces = pieces
        self.headerByteCount = headerByteCount
        self.byteCount = byteCount
        self.isChecksumPartial = isChecksumPartial
        self.transportOffset = transportOffset
        self.original = original
    }

    @inlinable public var packetCount: Int { pieces.count &- 1 }

    /// Restores the first packet's headers, so that `packet(at:)` returns the packets as they arrived: for a kernel
    /// that refuses the run. The run must not be written afterwards.
    public func restore() {
        guard packetCount > 1 else { return }
        original.write(to: pieces[1].base, transportOffset: transportOffset, isTCP: isTCP)
    }

    /// The packet at `index` in order of arrival, from its IP header on. The first one is unchanged only after
    /// `restore`.
    ///
    /// - Parameter index: 0 ..< `packetCount`.
    public func packet(at index: Int) -> UnsafeMutableRawBufferPointer {
        let piece = pieces[index + 1]
        let before = index == 0 ? 0 : headerByteCount
        return UnsafeMutableRawBufferPointer(start: piece.base - before, count: piece.count + before)
    }

    /// The virtio header for each single packet of a restored run.
    public var headerForOne: VirtioNetHeader {
        guard packetCount > 1 else { return header }
        guard isChecksumPartial else { return VirtioNetHeader() }
        return VirtioNetHeader(
            flags: VirtioNetHeader.needsChecksum, checksumStart: header.checksumStart,
            checksumOffset: header.checksumOffset)
    }

    var isTCP: Bool { header.segmentation != VirtioNetHeader.udp }

    /// The kind of the packets of a run of several.
    public var kind: Coalescer.Kinds {
        let isIPv4 = UnsafeRawPointer(pieces[1].base).byte(0) >> 4 == 4
        return isTCP ? (isIPv4 ? .tcpIPv4 : .tcpIPv6) : (isIPv4 ? .udpIPv4 : .udpIPv6)
    }
}

/// The header fields in which a super-packet differs from its first packet.
@frozen @usableFromInline struct HeaderFields {
    /// IPv4: total length; IPv6: payload length.
    @usableFromInline var ipLength: UInt16 = 0
    /// IPv4 only.
    @usableFromInline var ipChecksum: UInt16 = 0
    /// UDP only.
    @usableFromInline var transportLength: UInt16 = 0
    /// TCP only.
    @usableFromInline var flags: UInt8 = 0
    @usableFromInline var checksum: UInt16 = 0

    @inlinable init() {}

    init(of packet: UnsafeRawPointer, transportOffset: Int, isTCP: Bool) {
        let transport = packet + transportOffset
        let isIPv4 = packet.byte(0) >> 4 == 4
        ipLength = packet.bigEndian16(isIPv4 ? 2 : 4)
        ipChecksum = isIPv4 ? packet.bigEndian16(10) : 0
        transportLength = isTCP ? 0 : transport.bigEndian16(4)
        flags = isTCP ? transport.byte(13) : 0
        checksum = transport.bigEndian16(isTCP ? 16 : 6)
    }

    func write(to packet: UnsafeMutableRawPointer, transportOffset: Int, isTCP: Bool) {
        let transport = packet + transportOffset
        if UnsafeRawPointer(packet).byte(0) >> 4 == 4 {
            packet.store(ipLength, 2)
            packet.store(ipChecksum, 10)
        } else {
            packet.store(ipLength, 4)
        }
        if isTCP {
            transport.storeBytes(of: flags, toByteOffset: 13, as: UInt8.self)
        } else {
            transport.store(transportLength, 4)
        }
        transport.store(checksum, isTCP ? 16 : 6)
    }
}
