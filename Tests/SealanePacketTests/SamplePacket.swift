import SealanePacket
import TestSupport

/// A TCP or UDP packet by its fields, assembled in a simple and slow way.
struct SamplePacket: Equatable {
    enum Checksum { case full, partial, wrong, none }

    var isIPv4 = true
    var isTCP = true
    /// The last byte of both addresses.
    var sourceHost: UInt8 = 1
    var destinationHost: UInt8 = 2
    var trafficClass: UInt8 = 0
    var flowLabel = 0x54321
    var hopLimit: UInt8 = 63
    var identification = 0x1234
    var fragment = 0x4000
    /// IPv4: a multiple of 4.
    var options: [UInt8] = []
    /// IPv6: type and content after the first two bytes; 6 + 8 n bytes.
    var extensions: [(type: UInt8, content: [UInt8])] = []
    var sourcePort = 0x9C40
    var destinationPort = 443
    var sequence: UInt32 = 0x0102_0304
    var acknowledged: UInt32 = 0xA0B0_C0D0
    var flags: UInt8 = 0x10
    var window = 0x2000
    var urgent = 0
    /// A multiple of 4.
    var tcpOptions: [UInt8] = []
    var payload: [UInt8] = []
    var checksum = Checksum.full
    var isIPChecksumWrong = false

    static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    var sourceBytes: [UInt8] { Self.addressBytes(sourceHost, isIPv4) }
    var destinationBytes: [UInt8] { Self.addressBytes(destinationHost, isIPv4) }

    private static func addressBytes(_ host: UInt8, _ isIPv4: Bool) -> [UInt8] {
        isIPv4 ? [10, 78, 0, host] : [0xFD, 0, 0, 0x78] + Array(repeating: 0, count: 11) + [host]
    }

    var transportOffset: Int {
        isIPv4 ? 20 + options.count : 40 + extensions.reduce(0) { $0 + 2 + $1.content.count }
    }

    var headerByteCount: Int { transportOffset + (isTCP ? 20 + tcpOptions.count : 8) }

    var bytes: [UInt8] { ipHeader + transport }

    private var transportByteCount: Int { headerByteCount - transportOffset + payload.count }

    private var ipHeader: [UInt8] {
        let protocolNumber: UInt8 = isTCP ? 6 : 17
        if isIPv4 {
            var header = [UInt8(0x40 | (5 + options.count / 4)), trafficClass]
            header += twoBytes(transportOffset + transportByteCount) + twoBytes(identification & 0xFFFF)
            header += twoBytes(fragment) + [hopLimit, protocolNumber, 0, 0] + sourceBytes + destinationBytes + options
            let checksum = twoBytes(0xFFFF - slowSum(header))
            header.replaceSubrange(10..<12, with: checksum)
            if isIPChecksumWrong { header[11] ^= 0x40 }
            return header
        }
        var chain: [UInt8] = []
        for (at, one) in extensions.enumerated() {
            let next = at + 1 < extensions.count ? extensions[at + 1].type : protocolNumber
            chain += [next, UInt8((one.content.count - 6) / 8)] + one.content
        }
        let first = twoBytes(0x6000 | Int(trafficClass) << 4 | flowLabel >> 16) + twoBytes(flowLabel & 0xFFFF)
        let second = twoBytes(chain.count + transportByteCount) + [extensions.first?.type ?? protocolNumber, hopLimit]
        return first + second + sourceBytes + destinationBytes + chain
    }

    /// RFC 768, RFC 9293 section 3.1, RFC 8200 section 8.1: a 16-bit and a 32-bit length give the same sum.
    private var pseudoHeader: [UInt8] {
        sourceBytes + destinationBytes + [0, isTCP ? 6 : 17] + twoBytes(transportByteCount >> 16)
            + twoBytes(transportByteCount & 0xFFFF)
    }

    private var transport: [UInt8] {
        var header = twoBytes(sourcePort) + twoBytes(destinationPort)
        if isTCP {
            for value in [sequence, acknowledged] {
                header += twoBytes(Int(value >> 16)) + twoBytes(Int(value & 0xFFFF))
            }
            header += [UInt8(5 + tcpOptions.count / 4) << 4, flags] + twoBytes(window) + [0, 0] + twoBytes(urgent)
            header += tcpOptions
        } else {
            header += twoBytes(transportByteCount) + [0, 0]
        }
        var value: Int
        switch checksum {
        case .none: value = 0
        case .partial: value = slowSum(pseudoHeader)
        case .full, .wrong:
            value = 0xFFFF - slowSum(pseudoHeader + header + payload)
            if !isTCP, value == 0 { value = 0xFFFF }
            if checksum == .wrong { value ^= 0x0400 }
        }
        let field = isTCP ? 16 : 6
        header.replaceSubrange(field..<field + 2, with: twoBytes(value))
        return header + payload
    }

    /// Linux's virtio header for the packet as a super-packet.
    func virtioHeader(segmentByteCount: Int) -> VirtioNetHeader {
        let type = !isTCP ? VirtioNetHeader.udp : isIPv4 ? VirtioNetHeader.tcpIPv4 : VirtioNetHeader.tcpIPv6
        let ecn = isTCP && flags & 0x80 != 0 ? VirtioNetHeader.ecnBit : 0
        return VirtioNetHeader(
            flags: VirtioNetHeader.needsChecksum, segmentation: type | ecn,
            headerByteCount: UInt16(truncatingIfNeeded: headerByteCount), segmentByteCount: UInt16(segmentByteCount),
            checksumStart: UInt16(transportOffset), checksumOffset: isTCP ? 16 : 6)
    }

    /// The model: the packets that the network must see instead of this super-packet.
    func segments(of size: Int, checksum: Checksum) -> [SamplePacket] {
        var result: [SamplePacket] = []
        var at = 0
        repeat {
            var one = self
            one.payload = Array(payload[at..<min(at + size, payload.count)])
            one.sequence = sequence &+ UInt32(at)
            one.identification = (identification + result.count) & 0xFFFF
            one.checksum = checksum
            if at + size < payload.count { one.flags &= 0xF6 }
            if at > 0 { one.flags &= 0x7F }
            result.append(one)
            at += size
        } while at < payload.count
        return result
    }

    /// A packet of either family and protocol, often with options or extension headers, without payload.
    static func random(using random: inout SeededRandom) -> SamplePacket {
        var packet = SamplePacket()
        packet.isIPv4 = Bool.random(using: &random)
        packet.isTCP = Bool.random(using: &random)
        packet.sourceHost = UInt8.random(in: 1...250, using: &random)
        packet.destinationHost = UInt8.random(in: 1...250, using: &random)
        packet.trafficClass = UInt8.random(in: 0...255, using: &random)
        packet.hopLimit = UInt8.random(in: 1...255, using: &random)
        packet.flowLabel = Int.random(in: 0...0xFFFFF, using: &random)
        packet.identification = Int.random(in: 0...0xFFFF, using: &random)
        packet.fragment = Bool.random(using: &random) ? 0x4000 : 0
        packet.options = random.bytes(4 * ([0, 0, 1, 5, 10].randomElement(using: &random) ?? 0))
        let types: [[UInt8]] = [[], [], [0], [60], [0, 60], [0, 43, 60]]
        packet.extensions = (types.randomElement(using: &random) ?? []).map { type in
            var content = random.bytes(6 + 8 * Int.random(in: 0...3, using: &random))
            // In a routing header: no segments left.
            if type == 43 { content[1] = 0 }
            return (type, content)
        }
        packet.sourcePort = Int.random(in: 0...0xFFFF, using: &random)
        packet.destinationPort = Int.random(in: 0...0xFFFF, using: &random)
        packet.sequence = UInt32.random(in: 0...(.max), using: &random)
        packet.acknowledged = UInt32.random(in: 0...(.max), using: &random)
        packet.window = Int.random(in: 0...0xFFFF, using: &random)
        packet.tcpOptions = random.bytes(4 * ([0, 3, 3, 10].randomElement(using: &random) ?? 0))
        return packet
    }
}

extension SeededRandom {
    mutating func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count + 8)
        while result.count < count { withUnsafeBytes(of: next()) { result += $0 } }
        return Array(result.prefix(count))
    }
}

/// A copy of bytes at an odd address, at the very end of its memory, until `deallocate`.
struct PacketMemory {
    private let whole: UnsafeMutableRawPointer
    let start: UnsafeMutableRawPointer
    let count: Int

    init(_ bytes: [UInt8]) {
        whole = .allocate(byteCount: bytes.count + 1, alignment: 16)
        start = whole + 1
        count = bytes.count
        UnsafeMutableRawBufferPointer(start: start, count: count).copyBytes(from: bytes)
    }

    func deallocate() { whole.deallocate() }

    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: count)) }
}

/// The result of `Segmenter` for a packet, with each segment as bytes.
struct Cut {
    var refusal: Segmenter.Refusal?
    var segments: [[UInt8]] = []
    var isChecksumPartial = false
    var announced = 0
    var longest = 0

    init(_ bytes: [UInt8], _ header: VirtioNetHeader, _ checksums: Segmenter.Checksums, inPlace: Bool = true) {
        let memory = PacketMemory(bytes)
        defer { memory.deallocate() }
        var segmenter = Segmenter()
        refusal = segmenter.begin(memory.start, count: memory.count, header: header, checksums: checksums)
        isChecksumPartial = segmenter.isChecksumPartial
        announced = segmenter.segmentsLeft
        longest = segmenter.longestSegment
        if inPlace {
            while let segment = segmenter.next() { segments.append(Array(segment)) }
            return
        }
        let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: max(longest, 1), alignment: 1)
        defer { slot.deallocate() }
        while true {
            let count = segmenter.next(into: slot)
            guard count > 0 else { return }
            segments.append(Array(slot.prefix(count)))
        }
    }
}

extension Segmenter {
    /// Copies the next segment to the start of `slot`. Returns its length; 0 after the last one, and 0 without
    /// advancing if `slot`
    /// is shorter than `longestSegment`.
    mutating func next(into slot: UnsafeMutableRawBufferPointer) -> Int {
        guard slot.count >= longestSegment, let target = slot.baseAddress, let source = next(),
            let start = source.baseAddress
        else { return 0 }
        target.copyMemory(from: start, byteCount: source.count)
        return source.count
    }
}

extension SamplePacket {
    /// A packet as a hostile peer may send it, different in each round: this packet with some bytes changed, or bytes
    /// that are not a packet, mostly with a length that fits.
    func damaged(in round: Int, using random: inout SeededRandom) -> [UInt8] {
        var bytes = round % 4 == 0 ? random.bytes(Int.random(in: 0...120, using: &random)) : self.bytes
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
            bytes[Int.random(in: 0..<min(bytes.count, 80), using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if round % 8 != 1, bytes.count >= 40 {
            let isIPv4 = bytes[0] >> 4 == 4
            bytes.replaceSubrange(isIPv4 ? 2..<4 : 4..<6, with: twoBytes(bytes.count - (isIPv4 ? 0 : 40)))
        }
        return bytes
    }
}
