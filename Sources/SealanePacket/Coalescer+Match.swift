extension Coalescer {
    /// The finaliser of MurmurHash3 (Appleby, public domain).
    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed ^= mixed >> 33
        mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
        mixed ^= mixed >> 33
        return mixed
    }

    /// If two pairs of addresses have the same hash, fewer packets are coalesced; order and bytes stay correct.
    static func hashAddresses(_ packet: IPPacket) -> UInt64 {
        let bytes = packet.bytes
        guard !packet.isIPv4 else { return mix(bytes.loadUnaligned(fromByteOffset: 12, as: UInt64.self)) }
        var hash: UInt64 = 6
        var offset = 8
        while offset < 40 {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
            offset &+= 8
        }
        return hash
    }

    /// Whether the packet, seen alone, may start or join a run.
    static func mayJoin(
        _ packet: UnsafeRawPointer, _ count: Int, _ layout: TransportLayout, _ kinds: Kinds
    ) -> Bool {
        let transport = packet + layout.transportOffset
        guard count > layout.payloadOffset, count <= 65535 else { return false }
        if layout.isIPv4 {
            // DF or no flag. A checksum of FFFF is valid, but the kernel would compute 0 in its place.
            guard packet.bigEndian16(6) & 0xBFFF == 0, packet.bigEndian16(10) != 0xFFFF else { return false }
        }
        if layout.isTCP {
            guard kinds.contains(layout.isIPv4 ? .tcpIPv4 : .tcpIPv6) else { return false }
            // ACK, or ACK and PSH.
            return transport.byte(13) & 0xF7 == 0x10
        }
        guard kinds.contains(layout.isIPv4 ? .udpIPv4 : .udpIPv6) else { return false }
        // A datagram may be shorter than its packet. One without a checksum would get one.
        return Int(transport.bigEndian16(4)) == count &- layout.transportOffset && transport.bigEndian16(6) != 0
    }

    /// Appends the packet, for which `mayJoin` holds, to an open run if it directly follows the run's last packet.
    /// Closes the run if nothing can follow.
    mutating func join(
        _ index: Int, _ packet: UnsafeMutableRawPointer, _ count: Int, _ layout: TransportLayout,
        _ isChecksumPartial: Bool
    ) -> Bool {
        let slot = slots + index
        let first = UnsafeRawPointer(firstPiece(index)[1].base)
        let bytes = UnsafeRawPointer(packet)
        let payload = count &- layout.payloadOffset
        guard layout.payloadOffset == slot.pointee.payloadOffset, layout.isIPv4 == slot.pointee.isIPv4,
            layout.isTCP == slot.pointee.isTCP, layout.transportOffset == slot.pointee.transportOffset,
            isChecksumPartial == slot.pointee.isChecksumPartial, payload <= slot.pointee.segmentByteCount,
            slot.pointee.byteCount &+ payload <= 65535
        else { return false }
        var isPushed = false
        if layout.isTCP {
            guard bytes.bigEndian32(layout.transportOffset &+ 4) == slot.pointee.nextSequence else { return false }
            isPushed = bytes.byte(layout.transportOffset &+ 13) & 0x08 != 0
        }
        let step = identificationStep(index, first, bytes)
        guard step >= 0, Self.headersEqual(first, bytes, layout) else { return false }
        // For packets as long as a verified first packet, the checksums follow from the first's.
        let isAsFirst = slot.pointee.isFirstVerified && isChecksumPartial && payload == slot.pointee.segmentByteCount
        guard
            isAsFirst
                ? Self.checksumsFollow(first, bytes, layout)
                : Self.isIntact(bytes, count, layout, isChecksumPartial)
        else { return false }
        if !slot.pointee.isFirstVerified {
            let firstCount = layout.payloadOffset &+ slot.pointee.segmentByteCount
            guard Self.isIntact(first, firstCount, layout, isChecksumPartial) else { return false }
            slot.pointee.isFirstVerified = true
        }
        slot.pointee.identificationStep = step
        slot.pointee.isPushed = isPushed
        slot.pointee.nextSequence &+= UInt32(truncatingIfNeeded: payload)
        slot.pointee.byteCount &+= payload
        slot.pointee.packetCount &+= 1
        firstPiece(index)[slot.pointee.packetCount] = RunPiece(base: packet + layout.payloadOffset, count: payload)
        let isFull =
            slot.pointee.packetCount == segmentLimit
            || slot.pointee.byteCount &+ slot.pointee.segmentByteCount > 65535
        if isPushed || isFull || payload < slot.pointee.segmentByteCount { close(index) }
        return true
    }

    /// The increment of the IPv4 identification from packet to packet of the run: 1, or 0 if DF makes the field
    /// meaningless; -1 if this packet does not fit. 1 for IPv6.
    private func identificationStep(_ index: Int, _ first: UnsafeRawPointer, _ packet: UnsafeRawPointer) -> Int {
        guard slots[index].isIPv4 else { return 1 }
        let start = first.bigEndian16(4)
        let identification = packet.bigEndian16(4)
        let known = slots[index].identificationStep
        if known != 0, identification == start &+ UInt16(truncatingIfNeeded: slots[index].packetCount) { return 1 }
        if known != 1, identification == start, first.byte(6) & 0x40 != 0 { return 0 }
        return -1
    }

    /// Compares everything but lengths, IPv4 identification, checksums, TCP sequence number and PSH. ECN is compared:
    /// all packets of a run have the same value.
    private static func headersEqual(
        _ first: UnsafeRawPointer, _ second: UnsafeRawPointer, _ layout: TransportLayout
    ) -> Bool {
        if layout.isIPv4 {
            guard areEqual(first, second, 0, 2), areEqual(first, second, 6, 10),
                areEqual(first, second, 12, layout.transportOffset)
            else { return false }
        } else {
            guard areEqual(first, second, 0, 4), areEqual(first, second, 6, layout.transportOffset) else {
                return false
            }
        }
        let transport = layout.transportOffset
        guard areEqual(first, second, transport, transport &+ 4) else { return false }
        guard layout.isTCP else { return true }
        return areEqual(first, second, transport &+ 8, transport &+ 12)
            && first.byte(transport &+ 12) == second.byte(transport &+ 12)
            && areEqual(first, second, transport &+ 14, transport &+ 16)
            && areEqual(first, second, transport &+ 18, layout.payloadOffset)
    }

    /// - Parameter end: an even number of bytes after `start`.
    private static func areEqual(
        _ first: UnsafeRawPointer, _ second: UnsafeRawPointer, _ start: Int, _ end: Int
    ) -> Bool {
        var at = start
        var difference: UInt64 = 0
        while end &- at >= 8 {
            difference |=
                first.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                ^ second.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            at &+= 8
        }
        while at < end {
            difference |= UInt64(first.bigEndian16(at) ^ second.bigEndian16(at))
            at &+= 2
        }
        return difference == 0
    }

    /// Whether the checksums of `second` are right if those of `first` are. For packets of one length with equal
    /// headers (apart from the fields that `headersEqual` skips) and partial transport checksums.
    private static func checksumsFollow(
        _ first: UnsafeRawPointer, _ second: UnsafeRawPointer, _ layout: TransportLayout
    ) -> Bool {
        let field = layout.transportOffset &+ layout.checksumOffset
        guard first.bigEndian16(field) == second.bigEndian16(field) else { return false }
        guard layout.isIPv4 else { return true }
        // Of the fields under the header checksum, only the identification differs.
        return InternetChecksum.folded(UInt64(first.bigEndian16(10)) &+ UInt64(first.bigEndian16(4)))
            == InternetChecksum.folded(UInt64(second.bigEndian16(10)) &+ UInt64(second.bigEndian16(4)))
    }

    /// Whether the packet's checksums are those that the kernel will compute for it as part of a run.
    private static func isIntact(
        _ packet: UnsafeRawPointer, _ count: Int, _ layout: TransportLayout, _ isChecksumPartial: Bool
    ) -> Bool {
        if layout.isIPv4, InternetChecksum.sum(packet, byteCount: layout.transportOffset) != 0xFFFF { return false }
        let byteCount = count &- layout.transportOffset
        let pseudoHeader = layout.pseudoHeaderSum(packet) &+ UInt64(truncatingIfNeeded: byteCount)
        let transport = packet + layout.transportOffset
        if isChecksumPartial {
            return transport.bigEndian16(layout.checksumOffset) == InternetChecksum.folded(pseudoHeader)
        }
        // TCP's FFFF is valid, but the kernel would compute 0 in its place.
        if layout.isTCP, transport.bigEndian16(16) == 0xFFFF { return false }
        let sum = pseudoHeader &+ InternetChecksum.sum(transport, byteCount: byteCount)
        return InternetChecksum.folded(sum) == 0xFFFF
    }
}
