import SealanePacket

/// What the TUN is read for.
enum Traffic: String, CaseIterable {
    /// One super-packet of 43 segments with 1388 bytes each, for a path of 1500.
    case tcp
    case udp
    /// 43 packets of 64 bytes, each alone.
    case small

    static let segmentCount = 43
    static let segmentByteCount = 1388

    /// How often the TUN must be read for 43 packets.
    var readsPerBatch: Int { self == .small ? Self.segmentCount : 1 }
    var packetsPerRead: Int { self == .small ? 1 : Self.segmentCount }

    var virtioHeader: VirtioNetHeader {
        let headerByteCount = UInt16(self == .tcp ? SamplePacket.tcpHeaderByteCount : SamplePacket.udpHeaderByteCount)
        let segmentation =
            switch self {
            case .tcp: VirtioNetHeader.tcpIPv4
            case .udp: VirtioNetHeader.udp
            case .small: VirtioNetHeader.single
            }
        return VirtioNetHeader(
            flags: VirtioNetHeader.needsChecksum, segmentation: segmentation, headerByteCount: headerByteCount,
            segmentByteCount: self == .small ? 0 : UInt16(Self.segmentByteCount), checksumStart: 20,
            checksumOffset: self == .tcp ? 16 : 6)
    }

    /// - Parameter flow: another source port for each.
    func packet(from source: IPAddress, to destination: IPAddress, flow: UInt16 = 0) -> [UInt8] {
        let payload = Self.segmentCount * Self.segmentByteCount
        return switch self {
        case .tcp: SamplePacket.tcp(from: source, to: destination, payloadByteCount: payload, flow: flow)
        case .udp:
            SamplePacket.udp(from: source, to: destination, byteCount: SamplePacket.udpHeaderByteCount + payload)
        case .small: SamplePacket.udp(from: source, to: destination, byteCount: 64)
        }
    }
}

/// Memory as reads of the TUN leave it: a virtio header, then the packet.
struct TunReads: ~Copyable {
    let count: Int
    let packetByteCount: Int
    private let memory: UnsafeMutableRawPointer
    private let stride: Int
    private let heads: [UInt8]

    /// `count` times the same.
    init(_ traffic: Traffic, count: Int, from source: IPAddress, to destination: IPAddress) {
        let packet = traffic.packet(from: source, to: destination)
        self.count = count
        packetByteCount = packet.count
        stride = (VirtioNetHeader.byteCount + packet.count + 63) & ~63
        memory = .allocate(byteCount: stride * count, alignment: 64)
        var head = [UInt8](repeating: 0, count: VirtioNetHeader.byteCount)
        head.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { traffic.virtioHeader.write(to: start) }
        }
        heads = head + packet.prefix(SamplePacket.tcpHeaderByteCount)
        let whole = head + packet
        for at in 0..<count { (memory + at * stride).copyMemory(from: whole, byteCount: whole.count) }
    }

    deinit { memory.deallocate() }

    subscript(at: Int) -> UnsafeMutableRawPointer { memory + at &* stride }

    /// Gives each packet the header again that segmenting has changed.
    func restore() {
        for at in 0..<count { self[at].copyMemory(from: heads, byteCount: heads.count) }
    }
}
