import SealanePacket
import TestSupport

let overlaySource = IPAddress(ipv4: 0x0A4E_0001)
let overlayDestination = IPAddress(ipv4: 0x0A4E_0002)

/// `Segmenter`, in place.
struct Segment: Workload, ~Copyable {
    private var segmenter = Segmenter()
    private let reads: TunReads
    private let header: VirtioNetHeader
    private let checksums: Segmenter.Checksums

    init(_ traffic: Traffic, _ checksums: Segmenter.Checksums) {
        // Several, so that an act is long beside the reading of the clock.
        reads = TunReads(traffic, count: 8, from: overlaySource, to: overlayDestination)
        header = traffic.virtioHeader
        self.checksums = checksums
    }

    var unitsPerAct: Int { reads.count * Traffic.segmentCount }

    mutating func prepare() { reads.restore() }

    mutating func act() {
        var segments = 0
        for at in 0..<reads.count {
            let refusal = segmenter.begin(
                reads[at] + VirtioNetHeader.byteCount, count: reads.packetByteCount, header: header,
                checksums: checksums)
            guard refusal == nil else { continue }
            while segmenter.next() != nil { segments &+= 1 }
        }
        precondition(segments == unitsPerAct, "a super-packet was not cut into its segments")
    }
}

/// `Coalescer` on what `Segmenter` cut.
struct Coalesce: Workload, ~Copyable {
    private var coalescer = Coalescer()
    private let flowCount: Int
    private let isChecksumPartial: Bool
    private let memory: UnsafeMutableRawPointer
    private let packetByteCount: Int
    /// The packets' headers one behind the other, for `prepare`.
    private var headers: [UInt8] = []

    private static let headerByteCount = SamplePacket.tcpHeaderByteCount

    /// - Parameter flowCount: TCP streams of which the packets come in turn.
    init(flowCount: Int, _ checksums: Segmenter.Checksums) throws {
        self.flowCount = flowCount
        isChecksumPartial = checksums == .leavePartial
        packetByteCount = Self.headerByteCount + Traffic.segmentByteCount
        let count = flowCount * Traffic.segmentCount
        memory = .allocate(byteCount: count * packetByteCount, alignment: 64)
        for flow in 0..<flowCount {
            var superPacket = Traffic.tcp.packet(
                from: overlaySource, to: overlayDestination, flow: UInt16(flow))
            try superPacket.withUnsafeMutableBytes { bytes in
                var segmenter = Segmenter()
                guard let start = bytes.baseAddress,
                    segmenter.begin(
                        start, count: bytes.count, header: Traffic.tcp.virtioHeader, checksums: checksums) == nil
                else { throw Failure("the segmenter refuses a super-packet") }
                var at = flow
                while let segment = segmenter.next(), let source = segment.baseAddress {
                    (memory + at * packetByteCount).copyMemory(from: source, byteCount: segment.count)
                    at += flowCount
                }
            }
        }
        for at in 0..<count {
            headers += UnsafeRawBufferPointer(start: memory + at * packetByteCount, count: Self.headerByteCount)
        }
    }

    deinit { memory.deallocate() }

    var unitsPerAct: Int { flowCount * Traffic.segmentCount }

    mutating func prepare() {
        headers.withUnsafeBytes { headers in
            guard let start = headers.baseAddress else { return }
            for at in 0..<unitsPerAct {
                (memory + at * packetByteCount).copyMemory(
                    from: start + at * Self.headerByteCount, byteCount: Self.headerByteCount)
            }
        }
    }

    mutating func act() {
        var (packets, runs) = (0, 0)
        for at in 0..<unitsPerAct {
            let addition = coalescer.add(
                memory + at &* packetByteCount, count: packetByteCount, isChecksumPartial: isChecksumPartial)
            guard case .accepted = addition else { continue }
        }
        coalescer.flush()
        while let run = coalescer.nextRun() {
            packets &+= run.packetCount
            runs &+= 1
        }
        precondition(packets == unitsPerAct && runs == flowCount, "\(packets) packets left in \(runs) runs")
    }
}
