/// The header before each packet of a TUN opened with `IFF_VNET_HDR`: `struct virtio_net_hdr` of linux/virtio_net.h, 10
/// bytes, little-endian as on all hosts that Sealane supports (and everywhere after `TUNSETVNETLE`).
@frozen public struct VirtioNetHeader: Hashable, Sendable {
    /// `VIRTIO_NET_HDR_F_NEEDS_CSUM`: the field at `checksumStart + checksumOffset` holds the sum over the
    /// pseudo-header only. The sum from `checksumStart` to the packet's end is missing.
    @inlinable public static var needsChecksum: UInt8 { 1 }
    /// `VIRTIO_NET_HDR_F_DATA_VALID`: the writer of the packet has verified its checksum.
    @inlinable public static var dataValid: UInt8 { 2 }

    /// `VIRTIO_NET_HDR_GSO_NONE`
    @inlinable public static var single: UInt8 { 0 }
    /// `VIRTIO_NET_HDR_GSO_TCPV4`
    @inlinable public static var tcpIPv4: UInt8 { 1 }
    /// `VIRTIO_NET_HDR_GSO_TCPV6`
    @inlinable public static var tcpIPv6: UInt8 { 4 }
    /// `VIRTIO_NET_HDR_GSO_UDP_L4`, of both families
    @inlinable public static var udp: UInt8 { 5 }
    /// `VIRTIO_NET_HDR_GSO_ECN`: a bit on top of the TCP types, which Linux sets together with CWR.
    @inlinable public static var ecnBit: UInt8 { 0x80 }

    @inlinable public static var byteCount: Int { 10 }

    public var flags: UInt8
    /// `gso_type`, with `ecnBit`.
    public var segmentation: UInt8
    /// `hdr_len`: a hint; readers compute it from the packet instead.
    public var headerByteCount: UInt16
    /// `gso_size`: payload bytes of each segment but the last.
    public var segmentByteCount: UInt16
    /// `csum_start`: from the packet's first byte.
    public var checksumStart: UInt16
    /// `csum_offset`: from `checksumStart`.
    public var checksumOffset: UInt16

    @inlinable public init(
        flags: UInt8 = 0, segmentation: UInt8 = 0, headerByteCount: UInt16 = 0, segmentByteCount: UInt16 = 0,
        checksumStart: UInt16 = 0, checksumOffset: UInt16 = 0
    ) {
        self.flags = flags
        self.segmentation = segmentation
        self.headerByteCount = headerByteCount
        self.segmentByteCount = segmentByteCount
        self.checksumStart = checksumStart
        self.checksumOffset = checksumOffset
    }

    /// - Parameter memory: 10 readable bytes, of any alignment. All content is accepted; `Segmenter` validates it.
    @inlinable public init(readFrom memory: UnsafeRawPointer) {
        flags = memory.loadUnaligned(as: UInt8.self)
        segmentation = memory.loadUnaligned(fromByteOffset: 1, as: UInt8.self)
        headerByteCount = UInt16(littleEndian: memory.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        segmentByteCount = UInt16(littleEndian: memory.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        checksumStart = UInt16(littleEndian: memory.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        checksumOffset = UInt16(littleEndian: memory.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
    }

    /// - Parameter memory: 10 writable bytes, of any alignment.
    @inlinable public func write(to memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: flags, as: UInt8.self)
        memory.storeBytes(of: segmentation, toByteOffset: 1, as: UInt8.self)
        memory.storeBytes(of: headerByteCount.littleEndian, toByteOffset: 2, as: UInt16.self)
        memory.storeBytes(of: segmentByteCount.littleEndian, toByteOffset: 4, as: UInt16.self)
        memory.storeBytes(of: checksumStart.littleEndian, toByteOffset: 6, as: UInt16.self)
        memory.storeBytes(of: checksumOffset.littleEndian, toByteOffset: 8, as: UInt16.self)
    }

    @inlinable public var isChecksumPartial: Bool { flags & Self.needsChecksum != 0 }
}
