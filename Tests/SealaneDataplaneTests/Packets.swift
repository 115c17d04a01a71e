import SealanePacket
import TestSupport

func bigEndian(_ value: Int) -> [UInt8] { [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)] }

private func checksum(_ bytes: [UInt8]) -> [UInt8] {
    bigEndian(Int(InternetChecksum.fold(bytes.withUnsafeBytes { InternetChecksum.sum($0) })))
}

/// An IPv4 or IPv6 packet.
///
/// - Parameters:
///   - transport: a TCP or UDP header, its checksum 0, and payload.
///   - checksumOffset: where the transport header has its checksum.
///   - isChecksumPartial: leave the checksum as the kernel leaves it to hardware: the sum over the pseudo-header.
func ipPacket(
    _ protocolNumber: UInt8, from source: String, to destination: String, transport: [UInt8], checksumOffset: Int,
    trafficClass: UInt8 = 0, isChecksumPartial: Bool = false
) throws -> [UInt8] {
    guard let source = IPAddress(source), let destination = IPAddress(destination) else {
        throw Failure("\(source) or \(destination) is no address")
    }
    var transport = transport
    let pseudoHeader = source.bytes + destination.bytes + [0, protocolNumber] + bigEndian(transport.count)
    let sum = isChecksumPartial ? checksum(pseudoHeader).map { ~$0 } : checksum(pseudoHeader + transport)
    transport.replaceSubrange(checksumOffset..<checksumOffset + 2, with: sum)
    if source.isIPv4 {
        var header =
            [0x45, trafficClass] + bigEndian(20 + transport.count) + [0, 0, 0x40, 0, 64, protocolNumber, 0, 0]
        header += source.bytes + destination.bytes
        header.replaceSubrange(10..<12, with: checksum(header))
        return header + transport
    }
    let first = [0x60 | trafficClass >> 4, trafficClass << 4, 0, 0] + bigEndian(transport.count)
    return first + [protocolNumber, 64] + source.bytes + destination.bytes + transport
}

/// An IPv4 or IPv6 packet that carries a UDP datagram to the application.
func udpPacket(
    from source: String, to destination: String, _ payload: [UInt8], trafficClass: UInt8 = 0,
    isChecksumPartial: Bool = false
) throws -> [UInt8] {
    let header = bigEndian(9) + bigEndian(Int(Scene.applicationPort)) + bigEndian(8 + payload.count) + [0, 0]
    return try ipPacket(
        17, from: source, to: destination, transport: header + payload, checksumOffset: 6, trafficClass: trafficClass,
        isChecksumPartial: isChecksumPartial)
}

/// What a host makes of all fragments of one IPv4 packet without options, in their order.
func defragmented(_ fragments: some Sequence<[UInt8]>) -> [UInt8] {
    var packet: [UInt8] = []
    for fragment in fragments { packet += packet.isEmpty ? fragment : Array(fragment.dropFirst(20)) }
    guard packet.count >= 20 else { return [] }
    packet.replaceSubrange(2..<4, with: bigEndian(packet.count))
    packet.replaceSubrange(6..<8, with: [0, 0])
    packet.replaceSubrange(10..<12, with: [0, 0])
    packet.replaceSubrange(10..<12, with: checksum(Array(packet[..<20])))
    return packet
}

/// Nil for a packet that is not UDP: the kernel has something of its own to say on every interface.
func udpPayload(of packet: [UInt8]) -> [UInt8]? {
    packet.withUnsafeBytes { bytes in
        guard let transport = IPPacket(bytes)?.transport, transport.protocolNumber == 17 else { return nil }
        return Array(bytes[(transport.offset + 8)...])
    }
}

/// Whether the checksums of an unfragmented TCP or UDP packet without extension headers are right: that of the IPv4 header,
/// and that of the transport header, whole or partial.
func areChecksumsRight(_ packet: [UInt8], isPartial: Bool) -> Bool {
    let isIPv4 = packet[0] >> 4 == 4
    let offset = isIPv4 ? Int(packet[0] & 15) * 4 : 40
    if isIPv4, checksum(Array(packet[..<offset])) != [0, 0] { return false }
    let protocolNumber = packet[isIPv4 ? 9 : 6]
    let addresses = Array(isIPv4 ? packet[12..<20] : packet[8..<40])
    let pseudoHeader = addresses + [0, protocolNumber] + bigEndian(packet.count - offset)
    guard isPartial else { return checksum(pseudoHeader + Array(packet[offset...])) == [0, 0] }
    let field = offset + (protocolNumber == 6 ? 16 : 6)
    return Array(packet[field..<field + 2]) == checksum(pseudoHeader).map { ~$0 }
}

/// The packet as it would come back from its destination: addresses and, where there are any, ports change places. All
/// checksums stay right, partial ones too.
func returned(_ packet: [UInt8]) -> [UInt8] {
    var packet = packet
    func exchange(_ first: Int, _ count: Int) {
        for at in first..<first + count { packet.swapAt(at, at + count) }
    }
    if packet[0] >> 4 == 4 { exchange(12, 4) } else { exchange(8, 16) }
    let transport = packet.withUnsafeBytes { IPPacket($0)?.transport }
    if let transport { exchange(transport.offset, 2) }
    return packet
}
