import SealanePacket

/// The content of one write.
struct WrittenRun {
    let header: VirtioNetHeader
    let bytes: [UInt8]
    let packetCount: Int
    let pieceCounts: [Int]
    /// The packets after `restore`.
    let restored: [[UInt8]]
    let headerForOne: VirtioNetHeader

    /// The packets that the kernel makes of it.
    func packets(isChecksumPartial: Bool) -> [[UInt8]] {
        Cut(bytes, header, isChecksumPartial ? .leavePartial : .complete).segments
    }
}

/// A receive batch passed to a coalescer packet by packet, each in its own memory, which `flush` frees.
struct CoalescerScene: ~Copyable {
    var coalescer: Coalescer
    var memory: [PacketMemory] = []
    var runs: [WrittenRun] = []

    init(flowLimit: Int = 8, segmentLimit: Int = 64, kinds: Coalescer.Kinds = .all) {
        coalescer = Coalescer(flowLimit: flowLimit, segmentLimit: segmentLimit, kinds: kinds)
    }

    mutating func add(_ bytes: [UInt8], isChecksumPartial: Bool = false) -> Coalescer.Addition {
        let packet = PacketMemory(bytes)
        memory.append(packet)
        let result = coalescer.add(packet.start, count: packet.count, isChecksumPartial: isChecksumPartial)
        take(isChecksumPartial)
        return result
    }

    mutating func flush(isChecksumPartial: Bool = false) {
        coalescer.flush()
        take(isChecksumPartial)
        for packet in memory { packet.deallocate() }
        memory = []
    }

    private mutating func take(_ isChecksumPartial: Bool) {
        while let run = coalescer.nextRun() {
            let written = run.pieces.map { Array(UnsafeRawBufferPointer(start: $0.base, count: $0.count)) }
            let header = withMemory(written[0]) { $0.baseAddress.map { VirtioNetHeader(readFrom: $0) } }
            let bytes = Array(written[1...].joined())
            run.restore()
            runs.append(
                WrittenRun(
                    header: header == run.header && bytes.count == run.byteCount
                        ? run.header : VirtioNetHeader(flags: 99),
                    bytes: bytes, packetCount: run.packetCount, pieceCounts: written.map(\.count),
                    restored: (0..<run.packetCount).map { Array(run.packet(at: $0)) },
                    headerForOne: run.headerForOne))
        }
    }

    /// The number of packets in each run of a batch.
    static func runs(
        of packets: [SamplePacket], flowLimit: Int = 8, segmentLimit: Int = 64, kinds: Coalescer.Kinds = .all
    ) -> [WrittenRun] {
        var scene = CoalescerScene(flowLimit: flowLimit, segmentLimit: segmentLimit, kinds: kinds)
        for packet in packets { _ = scene.add(packet.bytes, isChecksumPartial: packet.checksum == .partial) }
        scene.flush(isChecksumPartial: packets.first?.checksum == .partial)
        return scene.runs
    }
}

extension SamplePacket {
    /// `count` consecutive packets of `size` bytes.
    static func train(
        _ count: Int, of size: Int, isIPv4: Bool = true, isTCP: Bool = true, checksum: Checksum = .full
    ) -> [SamplePacket] {
        let whole = SamplePacket(isIPv4: isIPv4, isTCP: isTCP, payload: filler(count * size), checksum: .partial)
        return whole.segments(of: size, checksum: checksum)
    }
}
