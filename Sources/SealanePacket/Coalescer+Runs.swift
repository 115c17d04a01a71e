extension Coalescer {
    func firstPiece(_ index: Int) -> UnsafeMutablePointer<RunPiece> { pieces + index &* (segmentLimit &+ 1) }

    mutating func releaseTaken() {
        guard taken >= 0 else { return }
        free |= 1 << UInt64(taken)
        taken = -1
    }

    /// The open run of the flow, or -1. Two flows may share a hash; `join` compares the headers themselves.
    func findOpen(_ flow: UInt64) -> Int {
        var left = open
        while left != 0 {
            let index = left.trailingZeroBitCount
            if slots[index].flow == flow { return index }
            left &= left &- 1
        }
        return -1
    }

    mutating func closeAll(between addresses: UInt64) {
        var candidates: UInt64 = 0
        var left = open
        while left != 0 {
            let index = left.trailingZeroBitCount
            if slots[index].addresses == addresses { candidates |= 1 << UInt64(index) }
            left &= left &- 1
        }
        while candidates != 0 {
            let index = oldest(of: candidates)
            candidates &= ~(1 << UInt64(index))
            close(index)
        }
    }

    mutating func closeOldest() {
        if open != 0 { close(oldest(of: open)) }
    }

    /// - Parameter candidates: one bit for each slot, not 0.
    private func oldest(of candidates: UInt64) -> Int {
        var oldest = candidates.trailingZeroBitCount
        var left = candidates & (candidates &- 1)
        while left != 0 {
            let index = left.trailingZeroBitCount
            if slots[index].age < slots[oldest].age { oldest = index }
            left &= left &- 1
        }
        return oldest
    }

    /// Puts the packet into a free slot; there must be one. Without `stays`, closes the run at once.
    @discardableResult mutating func beginRun(
        _ packet: UnsafeMutableRawPointer, _ count: Int, _ layout: TransportLayout?, flow: UInt64, addresses: UInt64,
        isChecksumPartial: Bool, stays: Bool = false
    ) -> Int {
        let index = free.trailingZeroBitCount
        free &= free &- 1
        runsBegun &+= 1
        let slot = slots + index
        slot.pointee.flow = flow
        slot.pointee.addresses = addresses
        slot.pointee.age = runsBegun
        slot.pointee.packetCount = 1
        slot.pointee.byteCount = count
        slot.pointee.header = VirtioNetHeader()
        if let layout {
            slot.pointee.isIPv4 = layout.isIPv4
            slot.pointee.isTCP = layout.isTCP
            slot.pointee.isChecksumPartial = isChecksumPartial
            slot.pointee.isFirstVerified = false
            slot.pointee.isPushed = false
            slot.pointee.identificationStep = -1
            slot.pointee.transportOffset = layout.transportOffset
            slot.pointee.payloadOffset = layout.payloadOffset
            slot.pointee.segmentByteCount = count &- layout.payloadOffset
            if layout.isTCP {
                slot.pointee.nextSequence =
                    UnsafeRawPointer(packet).bigEndian32(layout.transportOffset &+ 4)
                    &+ UInt32(truncatingIfNeeded: slot.pointee.segmentByteCount)
            }
            if isChecksumPartial {
                slot.pointee.header.flags = VirtioNetHeader.needsChecksum
                slot.pointee.header.checksumStart = UInt16(truncatingIfNeeded: layout.transportOffset)
                slot.pointee.header.checksumOffset = UInt16(truncatingIfNeeded: layout.checksumOffset)
            }
        }
        let pieces = firstPiece(index)
        pieces[0] = RunPiece(base: headers + index &* 16, count: VirtioNetHeader.byteCount)
        pieces[1] = RunPiece(base: packet, count: count)
        if stays { open |= 1 << UInt64(index) } else { enqueue(index) }
        return index
    }

    /// Closes an open run: replaces its first packet's headers with the super-packet's.
    mutating func close(_ index: Int) {
        open &= ~(1 << UInt64(index))
        if slots[index].packetCount > 1 { writeSuperHeader(index) }
        enqueue(index)
    }

    private mutating func enqueue(_ index: Int) {
        slots[index].header.write(to: headers + index &* 16)
        var end = closedStart &+ closedCount
        if end > flowLimit { end &-= flowLimit &+ 1 }
        closed[end] = index
        closedCount &+= 1
    }

    private func writeSuperHeader(_ index: Int) {
        let slot = slots + index
        let packet = firstPiece(index)[1].base
        let bytes = UnsafeRawPointer(packet)
        let (isIPv4, isTCP) = (slot.pointee.isIPv4, slot.pointee.isTCP)
        let offset = slot.pointee.transportOffset
        let byteCount = slot.pointee.byteCount
        slot.pointee.original = HeaderFields(of: bytes, transportOffset: offset, isTCP: isTCP)
        var fields = slot.pointee.original
        if isIPv4 {
            fields.ipLength = UInt16(truncatingIfNeeded: byteCount)
            // RFC 1624, equation 3, for the length alone: the checksum was verified when the second packet joined.
            let change = UInt64(~slot.pointee.original.ipLength) &+ UInt64(fields.ipLength)
            fields.ipChecksum = InternetChecksum.fold(UInt64(~slot.pointee.original.ipChecksum) &+ change)
        } else {
            fields.ipLength = UInt16(truncatingIfNeeded: byteCount &- 40)
        }
        let layout = TransportLayout(
            isIPv4: isIPv4, isTCP: isTCP, transportOffset: offset, payloadOffset: slot.pointee.payloadOffset)
        fields.transportLength = UInt16(truncatingIfNeeded: byteCount &- offset)
        fields.checksum = InternetChecksum.folded(
            layout.pseudoHeaderSum(bytes) &+ UInt64(truncatingIfNeeded: byteCount &- offset))
        if slot.pointee.isPushed { fields.flags |= 0x08 }
        fields.write(to: packet, transportOffset: offset, isTCP: isTCP)
        let segmentation =
            !isTCP ? VirtioNetHeader.udp : isIPv4 ? VirtioNetHeader.tcpIPv4 : VirtioNetHeader.tcpIPv6
        slot.pointee.header = VirtioNetHeader(
            flags: VirtioNetHeader.needsChecksum, segmentation: segmentation,
            headerByteCount: UInt16(truncatingIfNeeded: slot.pointee.payloadOffset),
            segmentByteCount: UInt16(truncatingIfNeeded: slot.pointee.segmentByteCount),
            checksumStart: UInt16(truncatingIfNeeded: offset),
            checksumOffset: UInt16(truncatingIfNeeded: layout.checksumOffset))
    }
}
