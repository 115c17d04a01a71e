import SealanePacket

/// IPv4 packets as a TUN with offloads gives them: what lacks in their checksums is the sum over header and payload.
enum SamplePacket {
    /// IPv4 20, TCP with timestamps 32.
    static let tcpHeaderByteCount = 52
    /// IPv4 20, UDP 8.
    static let udpHeaderByteCount = 28

    /// - Parameter flow: another source port for each.
    static func tcp(
        from source: IPAddress, to destination: IPAddress, payloadByteCount: Int, flow: UInt16
    ) -> [UInt8] {
        let header: [UInt8] =
            bigEndian(40_000 + Int(flow)) + bigEndian(5201) + [0, 0, 0, 1, 0, 0, 0, 1, 0x80, 0x10, 0xFF, 0xFF]
            + pseudoHeaderSum(6, source, destination, 32 + payloadByteCount)
            + [0, 0, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1]
        return ipv4Header(6, source, destination, 32 + payloadByteCount) + header + payload(payloadByteCount)
    }

    /// - Parameter byteCount: in all, 28 at least.
    static func udp(from source: IPAddress, to destination: IPAddress, byteCount: Int) -> [UInt8] {
        let header = bigEndian(40_000) + bigEndian(5201) + bigEndian(byteCount - 20)
        let sum = pseudoHeaderSum(17, source, destination, byteCount - 20)
        return ipv4Header(17, source, destination, byteCount - 20) + header + sum
            + payload(byteCount - udpHeaderByteCount)
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    private static func payload(_ byteCount: Int) -> [UInt8] {
        (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    }

    private static func ipv4Header(
        _ protocolNumber: UInt8, _ source: IPAddress, _ destination: IPAddress, _ byteCount: Int
    ) -> [UInt8] {
        let start: [UInt8] = [0x45, 0] + bigEndian(20 + byteCount) + [0, 1, 0x40, 0, 64, protocolNumber]
        let addresses = source.bytes + destination.bytes
        let sum = (start + addresses).withUnsafeBytes { InternetChecksum.sum($0) }
        return start + bigEndian(Int(InternetChecksum.fold(sum))) + addresses
    }

    private static func pseudoHeaderSum(
        _ protocolNumber: UInt8, _ source: IPAddress, _ destination: IPAddress, _ byteCount: Int
    ) -> [UInt8] {
        let pseudoHeader = source.bytes + destination.bytes + [0, protocolNumber] + bigEndian(byteCount)
        return bigEndian(Int(~InternetChecksum.fold(pseudoHeader.withUnsafeBytes { InternetChecksum.sum($0) })))
    }
}
