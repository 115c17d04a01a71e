/// Cuts one IPv4 packet into fragments (RFC 791 section 3.2), as a router does for a link with a smaller MTU.
///
/// The packet stays unchanged; its fragments are copies. A receiver reassembles the packet itself, so its transport
/// checksum must be complete.
public struct Fragmenter {
    private let packet: UnsafeRawBufferPointer
    private let byteLimit: Int
    private let headerByteCount: Int
    /// Bytes of the packet's payload in previous fragments.
    private var carried = 0
    private var isFirst = true

    /// Nil if the packet cannot be fragmented: it is IPv6, whose routers never fragment (RFC 8200 section 4.5), it has
    /// DF, or `byteLimit` has no room for the header and 8 bytes.
    ///
    /// - Parameters:
    ///   - packet: must stay unchanged until the last fragment was written. May itself be a fragment.
    ///   - byteLimit: the maximum length of a fragment, header included.
    public init?(_ packet: IPPacket, byteLimit: Int) {
        guard !packet.mayNotBeFragmented else { return nil }
        headerByteCount = Int(packet.byte(0) & 0xF) * 4
        guard byteLimit >= headerByteCount + 8 else { return nil }
        self.packet = packet.bytes
        self.byteLimit = byteLimit
    }

    /// Writes the next fragment to the start of `slot`, which must hold at least `byteLimit` bytes. Returns its length,
    /// or 0 after the last one.
    public mutating func next(into slot: UnsafeMutableRawBufferPointer) -> Int {
        let left = packet.count - headerByteCount - carried
        guard isFirst || left > 0, slot.count >= byteLimit, let start = slot.baseAddress,
            let source = packet.baseAddress
        else { return 0 }
        let header = isFirst ? headerByteCount : writeLaterHeader(start, source)
        if isFirst { start.copyMemory(from: source, byteCount: headerByteCount) }
        let room = byteLimit - header
        let isLast = left <= room
        // Offsets count in units of 8 bytes.
        let payload = isLast ? left : room & ~7
        start.storeBytes(of: UInt8(0x40 | header / 4), as: UInt8.self)
        start.store(UInt16(truncatingIfNeeded: header + payload), 2)
        let field = source.bigEndian16(6)
        let moreFragments: UInt16 = isLast ? field & 0x2000 : 0x2000
        let offset = field &+ UInt16(truncatingIfNeeded: carried / 8)
        start.store(field & 0x8000 | moreFragments | offset & 0x1FFF, 6)
        start.store(UInt16(0), 10)
        start.store(InternetChecksum.fold(InternetChecksum.sum(UnsafeRawPointer(start), byteCount: header)), 10)
        (start + header).copyMemory(from: source + headerByteCount + carried, byteCount: payload)
        carried += payload
        isFirst = false
        return header + payload
    }

    /// Writes the header of a fragment after the first, with the options that must be copied to every fragment. Returns
    /// its length.
    private func writeLaterHeader(_ start: UnsafeMutableRawPointer, _ source: UnsafeRawPointer) -> Int {
        start.copyMemory(from: source, byteCount: 20)
        var (at, end) = (20, 20)
        while at < headerByteCount, source.byte(at) != 0 {
            // No operation.
            guard source.byte(at) != 1 else {
                at += 1
                continue
            }
            guard at + 1 < headerByteCount else { break }
            let length = Int(source.byte(at + 1))
            guard length >= 2, at + length <= headerByteCount else { break }
            if source.byte(at) & 0x80 != 0 {
                (start + end).copyMemory(from: source + at, byteCount: length)
                end += length
            }
            at += length
        }
        while end % 4 != 0 {
            start.storeBytes(of: 0, toByteOffset: end, as: UInt8.self)
            end += 1
        }
        return end
    }
}
