/// Combines the congestion marks of inner and outer IP headers: RFC 6040, normal mode.
public enum ExplicitCongestion {
    @inlinable static var mask: UInt8 { 3 }
    @inlinable static var notCapable: UInt8 { 0 }
    @inlinable static var capable1: UInt8 { 1 }
    @inlinable static var capable0: UInt8 { 2 }
    @inlinable static var experienced: UInt8 { 3 }

    /// The traffic class for the outer header: the inner ECN (section 4.1), without DSCP.
    @inlinable public static func outer(for packet: IPPacket) -> UInt8 { packet.trafficClass & mask }

    /// Sets the inner packet's ECN to the combination of both (section 4.2, figure 4).
    ///
    /// - Parameters:
    ///   - packet: the bytes of one `IPPacket`; changed in place.
    ///   - outer: the traffic class with which its datagram arrived.
    /// - Returns: false if the packet must be dropped: a router marked it instead of dropping it, but its sender does
    ///   not support ECN.
    @inlinable public static func combine(_ packet: UnsafeMutableRawPointer, outer: UInt8) -> Bool {
        let outer = outer & mask
        guard outer == experienced || outer == capable1 else { return true }
        let bytes = UnsafeRawPointer(packet)
        let isIPv4 = bytes.byte(0) >> 4 == 4
        let inner = (isIPv4 ? bytes.byte(1) : bytes.byte(1) >> 4) & mask
        switch inner {
        case notCapable: return outer != experienced
        case capable0: set(outer, in: packet, isIPv4: isIPv4)
        case capable1: if outer == experienced { set(outer, in: packet, isIPv4: isIPv4) }
        default: break
        }
        return true
    }

    @usableFromInline static func set(_ ecn: UInt8, in packet: UnsafeMutableRawPointer, isIPv4: Bool) {
        let bytes = UnsafeRawPointer(packet)
        guard isIPv4 else {
            packet.storeBytes(of: bytes.byte(1) & ~(mask << 4) | ecn << 4, toByteOffset: 1, as: UInt8.self)
            return
        }
        let before = bytes.bigEndian16(0)
        packet.storeBytes(of: bytes.byte(1) & ~mask | ecn, toByteOffset: 1, as: UInt8.self)
        // RFC 1624, equation 3.
        let sum = UInt64(~bytes.bigEndian16(10)) &+ UInt64(~before) &+ UInt64(bytes.bigEndian16(0))
        packet.store(InternetChecksum.fold(sum), 10)
    }
}
