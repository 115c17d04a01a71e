/// The ends of the headers of one unfragmented TCP or UDP packet, for segmenting and coalescing.
@frozen @usableFromInline struct TransportLayout {
    @usableFromInline let isIPv4: Bool
    @usableFromInline let isTCP: Bool
    @usableFromInline let transportOffset: Int
    /// Offset of the first byte after the TCP or UDP header.
    @usableFromInline let payloadOffset: Int

    @inlinable init(isIPv4: Bool, isTCP: Bool, transportOffset: Int, payloadOffset: Int) {
        self.isIPv4 = isIPv4
        self.isTCP = isTCP
        self.transportOffset = transportOffset
        self.payloadOffset = payloadOffset
    }

    /// Nil for every fragment, for other protocols, for a truncated transport header, and for headers that change the
    /// meaning of addresses or bytes (a routing header with segments left, RFC 8200 section 8.1; AH).
    @inlinable init?(_ packet: IPPacket) {
        var offset: Int
        var next: UInt8
        isIPv4 = packet.isIPv4
        if isIPv4 {
            // More fragments, or an offset.
            guard packet.word(6) & 0x3FFF == 0 else { return nil }
            next = packet.byte(9)
            offset = Int(packet.byte(0) & 0xF) &* 4
        } else {
            next = packet.byte(6)
            offset = 40
            var headers = 0
            while next != 6, next != 17 {
                // Hop-by-hop options, destination options, routing. Senders use only a few.
                guard headers < 8, next == 0 || next == 60 || next == 43, offset &+ 8 <= packet.bytes.count,
                    next != 43 || packet.byte(offset &+ 3) == 0
                else { return nil }
                next = packet.byte(offset)
                offset &+= 8 &+ 8 &* Int(packet.byte(offset &+ 1))
                headers &+= 1
            }
        }
        transportOffset = offset
        if next == 6 {
            guard offset &+ 20 <= packet.bytes.count else { return nil }
            let byteCount = Int(packet.byte(offset &+ 12) >> 4) &* 4
            guard byteCount >= 20, offset &+ byteCount <= packet.bytes.count else { return nil }
            isTCP = true
            payloadOffset = offset &+ byteCount
        } else {
            guard next == 17, offset &+ 8 <= packet.bytes.count else { return nil }
            isTCP = false
            payloadOffset = offset &+ 8
        }
    }

    /// Offset of the checksum field in the transport header.
    @inlinable var checksumOffset: Int { isTCP ? 16 : 6 }

    /// The sum over the pseudo-header (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1) without the length. Never
    /// 0.
    @inlinable func pseudoHeaderSum(_ packet: UnsafeRawPointer) -> UInt64 {
        let addresses =
            isIPv4
            ? InternetChecksum.sum(packet + 12, byteCount: 8) : InternetChecksum.sum(packet + 8, byteCount: 32)
        return addresses &+ (isTCP ? 6 : 17)
    }
}

extension UnsafeRawPointer {
    @inlinable func bigEndian16(_ offset: Int) -> UInt16 {
        UInt16(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inlinable func bigEndian32(_ offset: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inlinable func byte(_ offset: Int) -> UInt8 { loadUnaligned(fromByteOffset: offset, as: UInt8.self) }
}

extension UnsafeMutableRawPointer {
    @inlinable func store(_ value: UInt16, _ offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    @inlinable func store(_ value: UInt32, _ offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    }
}
