import SealaneAEAD
import SealanePacket
import SealaneTunnel

/// All that a lane does between two system calls, for 43 packets, out of one end and into the other.
struct Path: ~Copyable {
    private var pair: LanePair
    private let reads: TunReads
    private var segmenter = Segmenter()
    /// The datagrams side by side, `segmentByteCount` each but the last.
    private let run: UnsafeMutableRawPointer
    private var runByteCount = 0
    private var segmentByteCount = 0
    private var coalescer = Coalescer()
    /// Packets that came out.
    private(set) var packetsDelivered = 0

    static let packetCount = Traffic.segmentCount

    init(_ traffic: Traffic, _ suite: CipherSuite, _ provider: AEADProvider) throws {
        pair = try LanePair.established(suite, provider)
        reads = TunReads(
            traffic, count: traffic.readsPerBatch, from: pair.nearAddress, to: pair.farAddress)
        run = .allocate(byteCount: 65_536, alignment: 64)
    }

    deinit { run.deallocate() }

    func restore() { reads.restore() }

    /// As `LaneLoop+Out`: reads -> segments -> one run of datagrams.
    mutating func send() {
        runByteCount = 0
        for at in 0..<reads.count { depart(reads[at]) }
    }

    private mutating func depart(_ start: UnsafeMutableRawPointer) {
        let header = VirtioNetHeader(readFrom: start)
        let packet = start + VirtioNetHeader.byteCount
        guard let view = IPPacket(UnsafeRawBufferPointer(start: packet, count: reads.packetByteCount)),
            let session = pair.near.lane.sealingSession(for: view.destination),
            segmenter.begin(packet, count: reads.packetByteCount, header: header, checksums: .leavePartial) == nil,
            segmenter.longestSegment <= session.packetByteLimit
        else { return }
        segmentByteCount = segmenter.longestSegment &+ TunnelLimits.sealOverhead
        while let segment = segmenter.next() {
            runByteCount &+= pair.near.lane.seal(
                segment, isChecksumPartial: segmenter.isChecksumPartial, with: session, into: run + runByteCount)
        }
    }

    /// As `LaneLoop+In`: the run of datagrams -> packets, in place -> runs for the TUN.
    mutating func receive() {
        let arrival = Arrival(
            source: pair.near.endpoint, destination: pair.far.endpoint, hopLimit: TunnelLimits.hopLimit)
        var at = 0
        while at < runByteCount {
            let byteCount = min(segmentByteCount, runByteCount &- at)
            let opened = pair.far.lane.open(run + at, byteCount: byteCount, arrival)
            if case .packet(let byteCount, let isChecksumPartial) = opened {
                deliver(run + at + DataHeader.byteCount, byteCount, isChecksumPartial)
            }
            at &+= byteCount
        }
        coalescer.flush()
        takeRuns()
    }

    private mutating func deliver(_ packet: UnsafeMutableRawPointer, _ byteCount: Int, _ isChecksumPartial: Bool) {
        guard ExplicitCongestion.combine(packet, outer: 0) else { return }
        while true {
            switch coalescer.add(packet, count: byteCount, isChecksumPartial: isChecksumPartial) {
            case .accepted, .refused: return
            case .full: takeRuns()
            }
        }
    }

    private mutating func takeRuns() {
        while let run = coalescer.nextRun() { packetsDelivered &+= run.packetCount }
    }
}

/// From the TUN to the socket.
struct WayOut: Workload, ~Copyable {
    private var path: Path

    init(_ path: consuming Path) { self.path = path }

    var unitsPerAct: Int { Path.packetCount }

    mutating func prepare() { path.restore() }

    mutating func act() { path.send() }
}

/// From the socket to the TUN.
struct WayIn: Workload, ~Copyable {
    private var path: Path

    init(_ path: consuming Path) { self.path = path }

    var unitsPerAct: Int { Path.packetCount }

    mutating func prepare() {
        path.restore()
        path.send()
    }

    mutating func act() {
        let before = path.packetsDelivered
        path.receive()
        precondition(path.packetsDelivered - before == unitsPerAct, "packets were lost on the way in")
    }
}

/// Both directions, one after the other, and nothing else: for the steady state.
struct WholeWay: Workload, ~Copyable {
    private var path: Path

    init(_ path: consuming Path) { self.path = path }

    var unitsPerAct: Int { Path.packetCount }

    mutating func prepare() { path.restore() }

    mutating func act() {
        let before = path.packetsDelivered
        path.send()
        path.receive()
        precondition(path.packetsDelivered - before == unitsPerAct, "packets were lost on the way")
    }
}
