import Glibc

extension TunQueue {
    /// Finds out which super-packets the kernel accepts from this queue. No option reports this, so the probe writes
    /// one of each kind, with a short last segment (kernel 6.6.44 and others of its time refuse those with EINVAL). The
    /// packets have an invalid source address, and those of IPv4 a wrong header checksum: the kernel counts and drops
    /// them before routing and firewall.
    ///
    /// The interface must be up. Changes nothing.
    /// - Returns: those of `checksum`, `tso4`, `tso6` and `uso` (which needs both families) that may be written, and
    ///   the kernel's errno for each of the others. A queue without a header may write none.
    package borrowing func probeWrites() -> TunOffloadGrant {
        guard headerByteCount == Self.virtioHeaderByteCount else {
            return .withoutHeader(
                [.checksum, .tso4, .tso6, .uso], device: interfaceName, "the queue was opened without offloads")
        }
        var grant = TunOffloadGrant(granted: [.checksum, .tso4, .tso6, .uso])
        for probe in Self.probes {
            let bytes = Self.probePacket(probe)
            let result = bytes.withUnsafeBytes { write($0) }
            if result < 0 {
                grant.refuse(
                    probe.offload, interfaceName, "a probe of \(bytes.count) bytes was refused", call: "write",
                    errno: Int32(truncatingIfNeeded: -result))
            }
        }
        return grant
    }

    private struct Probe {
        let offload: TunOffloads
        let isIPv6: Bool
        let isTCP: Bool
        /// kernel: VIRTIO_NET_HDR_GSO_...
        let segmentation: UInt8
    }

    private static var probes: [Probe] {
        [
            Probe(offload: .checksum, isIPv6: false, isTCP: false, segmentation: 0),
            Probe(offload: .tso4, isIPv6: false, isTCP: true, segmentation: 1),
            Probe(offload: .tso6, isIPv6: true, isTCP: true, segmentation: 4),
            Probe(offload: .uso, isIPv6: false, isTCP: false, segmentation: 5),
            Probe(offload: .uso, isIPv6: true, isTCP: false, segmentation: 5),
        ]
    }

    /// Header and packet: 2 segments of 1000 bytes and one of 500, or one packet of 500 bytes.
    private static func probePacket(_ probe: Probe) -> [UInt8] {
        let networkByteCount = probe.isIPv6 ? 40 : 20
        let transportByteCount = probe.isTCP ? 20 : 8
        let payloadByteCount = probe.segmentation == 0 ? 500 : 2500
        let headersByteCount = networkByteCount + transportByteCount
        let totalByteCount = headersByteCount + payloadByteCount
        var packet = [UInt8](repeating: 0, count: virtioHeaderByteCount + totalByteCount)
        func put(_ value: Int, at offset: Int) {
            packet[offset] = UInt8(truncatingIfNeeded: value >> 8)
            packet[offset + 1] = UInt8(truncatingIfNeeded: value)
        }
        packet[0] = 1  // VIRTIO_NET_HDR_F_NEEDS_CSUM
        packet[1] = probe.segmentation
        packet.withUnsafeMutableBytes { bytes in
            let fields = [
                headersByteCount, probe.segmentation == 0 ? 0 : 1000, networkByteCount, probe.isTCP ? 16 : 6,
            ]
            for (index, value) in fields.enumerated() {
                bytes.storeBytes(of: UInt16(value), toByteOffset: 2 + 2 * index, as: UInt16.self)
            }
        }
        let network = virtioHeaderByteCount
        let transport = network + networkByteCount
        if probe.isIPv6 {
            packet[network] = 0x60
            put(transportByteCount + payloadByteCount, at: network + 4)
            packet[network + 6] = probe.isTCP ? 6 : 17
            packet[network + 7] = 1
            packet[network + 8] = 0xff  // a multicast source
            packet[network + 24] = 0xff
        } else {
            packet[network] = 0x45
            put(totalByteCount, at: network + 2)
            packet[network + 8] = 1
            packet[network + 9] = probe.isTCP ? 6 : 17
            put(0xdead, at: network + 10)
            for offset in 12..<20 { packet[network + offset] = 0xff }
        }
        put(9, at: transport)
        put(9, at: transport + 2)
        if probe.isTCP {
            packet[transport + 12] = 0x50
            packet[transport + 13] = 0x10
        } else {
            put(transportByteCount + payloadByteCount, at: transport + 4)
        }
        return packet
    }
}
