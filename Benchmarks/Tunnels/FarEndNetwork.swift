import SealaneDataplane
import SealaneFigures
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport
import TunnelFigures

/// The far ends, and the TUN device that is their network. The program reads the datagrams to all far ends from it,
/// with their outer headers, and writes the datagrams from the far ends to it in the same form.
struct FarEndNetwork: ~Copyable {
    /// The caller of this program creates the device, with a queue that is long enough.
    static let device = "far0"
    /// The length of an IPv4 header without options and of a UDP header.
    private static let outerByteCount = 28
    /// The far ends open one of so many packets and send it back, so that the sender knows how many are under way. They
    /// only count the others: the benchmark measures the agent, and opening every packet would take as long as the
    /// agent's sealing.
    static let packetsPerAnswer = 32
    /// The timers of each far end run once in a round, which is often enough for keepalives
    /// (`TunnelLimits.keepaliveAfter`).
    private static let roundNanoseconds: UInt64 = 2_000_000_000

    private let tun: TunQueue
    private var epoll: Epoll
    private let buffer: UnsafeMutableRawBufferPointer
    private let farEnds: [FarEnd]
    private var isEstablished: [Bool]
    private var delays: [Double?]
    private var nextTimer = 0
    private var timersBegan = MonotonicClock.now()
    private var counts = FarEndsReport()

    init(count: Int, agentKey: PublicKey) throws {
        let tun = try TunQueue.open(name: Self.device, persistent: true, offloads: .all)
        guard tun.headerByteCount > 0 else { throw Failure("this kernel's TUN devices have no virtio header") }
        try InterfaceConfiguration.setMTU(Self.device, to: 9001)
        try InterfaceConfiguration.setUp(Self.device)
        try InterfaceConfiguration.replaceRoutes(device: Self.device, with: [FarEndPlan.outerPrefix])
        let epoll = try Epoll(capacity: 1)
        try epoll.add(tun.fileDescriptor, for: .readable, token: 0)
        farEnds = try (1...count).map { try FarEnd(FarEndPlan(number: $0), agentKey: agentKey) }
        isEstablished = Array(repeating: false, count: count)
        delays = Array(repeating: nil, count: count)
        buffer = .allocate(byteCount: TunQueue.maximumReadByteCount, alignment: 64)
        self.tun = tun
        self.epoll = epoll
    }

    deinit {
        buffer.deallocate()
    }

    mutating func beginAll() {
        counts.begunAt = MonotonicClock.now()
        for index in farEnds.indices {
            farEnds[index].begin(.ofHost())
            send(index)
            // The agent's first responses must not wait until all initiations have left.
            readAll(.ofHost())
        }
    }

    mutating func turn() throws {
        _ = epoll.wait(timeoutNanoseconds: 5_000_000)
        let now = Now.ofHost()
        readAll(now)
        advance(to: now)
    }

    var report: FarEndsReport {
        var report = counts
        if let spread = Spread(delays.compactMap(\.self)) {
            report.delayP50 = spread.median
            report.delayP99 = spread.percentile(0.99)
        }
        return report
    }

    private mutating func readAll(_ now: Now) {
        for _ in 0..<256 {
            let byteCount = tun.read(into: buffer)
            guard byteCount > 0, let start = buffer.baseAddress else { return }
            receive(start, byteCount, now)
        }
    }

    /// Runs the timers that are due by this point of the round.
    private mutating func advance(to now: Now) {
        let elapsed = now.monotonic.nanoseconds - timersBegan
        let due = min(farEnds.count, Int(UInt64(farEnds.count) * elapsed / Self.roundNanoseconds))
        while nextTimer < due {
            farEnds[nextTimer].advance(to: now)
            record(nextTimer)
            send(nextTimer)
            nextTimer += 1
        }
        if nextTimer == farEnds.count {
            nextTimer = 0
            timersBegan = now.monotonic.nanoseconds
        }
    }

    /// Receives one read of the device: a virtio header, then an IP packet that may be a run of datagrams.
    private mutating func receive(_ start: UnsafeMutableRawPointer, _ byteCount: Int, _ now: Now) {
        let header = VirtioNetHeader(readFrom: start)
        let packet = start + tun.headerByteCount
        let packetByteCount = byteCount - tun.headerByteCount
        guard let view = IPPacket(UnsafeRawBufferPointer(start: packet, count: packetByteCount)), view.isIPv4,
            view.transport?.protocolNumber == 17, view.transport?.offset == 20,
            let number = FarEndPlan.number(ofOuter: view.destination), number <= farEnds.count
        else { return }
        let index = number - 1
        let run = packet + Self.outerByteCount
        let runByteCount = packetByteCount - Self.outerByteCount
        let segment =
            header.segmentation == VirtioNetHeader.single ? runByteCount : max(1, Int(header.segmentByteCount))
        var at = 0
        while at < runByteCount {
            let length = min(segment, runByteCount - at)
            receive(run + at, length, ofFarEnd: index, now)
            at += length
        }
    }

    /// Receives one datagram, in place.
    private mutating func receive(
        _ datagram: UnsafeMutableRawPointer, _ byteCount: Int, ofFarEnd index: Int, _ now: Now
    ) {
        let isData = datagram.load(as: UInt8.self) == DataHeader.messageType && byteCount > TunnelLimits.sealOverhead
        let isPacket = isData && DataHeader(readingFrom: datagram).map { $0.flags & DataHeader.control == 0 } ?? false
        if isPacket, delays[index] != nil, (counts.packets + 1) % Self.packetsPerAnswer != 0 {
            counts.packets += 1
            counts.bytes += byteCount - TunnelLimits.sealOverhead
        } else {
            open(datagram, byteCount, index, now)
        }
    }

    private mutating func open(_ datagram: UnsafeMutableRawPointer, _ byteCount: Int, _ index: Int, _ now: Now) {
        let opened = farEnds[index].open(datagram, byteCount: byteCount, now)
        guard case .packet(let packetByteCount, let isChecksumPartial) = opened else {
            record(index)
            return send(index)
        }
        counts.packets += 1
        counts.bytes += packetByteCount
        let inner = datagram + DataHeader.byteCount
        if delays[index] == nil, packetByteCount >= Self.outerByteCount + 8 {
            let sentAt = inner.loadUnaligned(fromByteOffset: Self.outerByteCount, as: UInt64.self)
            delays[index] = Double(MonotonicClock.now() &- sentAt) / 1e9
            counts.reached += 1
            record(index)
        }
        guard counts.packets % Self.packetsPerAnswer == 0 else { return }
        Self.swapEnds(inner)
        if farEnds[index].seal(datagram, packetByteCount: packetByteCount, isChecksumPartial: isChecksumPartial) {
            write(Array(UnsafeRawBufferPointer(start: datagram, count: byteCount)), from: index)
        }
    }

    /// Swaps source and destination of an IPv4 packet with UDP. No checksum depends on their order.
    private static func swapEnds(_ packet: UnsafeMutableRawPointer) {
        let source = packet.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        let destination = packet.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
        packet.storeBytes(of: destination, toByteOffset: 12, as: UInt32.self)
        packet.storeBytes(of: source, toByteOffset: 16, as: UInt32.self)
        let sourcePort = packet.loadUnaligned(fromByteOffset: 20, as: UInt16.self)
        let destinationPort = packet.loadUnaligned(fromByteOffset: 22, as: UInt16.self)
        packet.storeBytes(of: destinationPort, toByteOffset: 20, as: UInt16.self)
        packet.storeBytes(of: sourcePort, toByteOffset: 22, as: UInt16.self)
    }

    private mutating func record(_ index: Int) {
        guard !isEstablished[index], farEnds[index].isEstablished else { return }
        isEstablished[index] = true
        counts.established += 1
        counts.establishedAt = MonotonicClock.now()
    }

    /// Sends the handshakes and keepalives of a far end.
    private func send(_ index: Int) {
        for datagram in farEnds[index].popDatagrams() { write(datagram, from: index) }
    }

    private func write(_ datagram: [UInt8], from index: Int) {
        let header = [UInt8](repeating: 0, count: tun.headerByteCount)
        let packet = Self.packet(datagram, from: farEnds[index].endpoint, to: FarEndPlan.agentEndpoint)
        (header + packet).withUnsafeBytes { _ = tun.write($0) }
    }

    /// Adds the headers of IPv4 (RFC 791) and of UDP (RFC 768) without a checksum.
    private static func packet(_ datagram: [UInt8], from source: Endpoint, to destination: Endpoint) -> [UInt8] {
        func bigEndian(_ value: Int) -> [UInt8] {
            [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
        }
        let start =
            [0x45, 0] + bigEndian(outerByteCount + datagram.count) + [0, 0, 0x40, 0, TunnelLimits.hopLimit, 17]
        let addresses = source.address.bytes + destination.address.bytes
        let sum = (start + addresses).withUnsafeBytes { InternetChecksum.sum($0) }
        return start + bigEndian(Int(InternetChecksum.fold(sum))) + addresses + bigEndian(Int(source.port))
            + bigEndian(Int(destination.port)) + bigEndian(8 + datagram.count) + [0, 0] + datagram
    }
}
