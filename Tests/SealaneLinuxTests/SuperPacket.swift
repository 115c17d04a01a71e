import Glibc
import SealaneLinux
import TestSupport

/// One TCP or UDP packet after its `virtio_net_hdr`, as a TUN queue with offloads reads and writes it.
struct SuperPacket {
    static let local4: [UInt8] = [10, 78, 0, 1]
    static let remote4: [UInt8] = [10, 78, 0, 2]
    static let local6: [UInt8] = [0xfd, 0x78] + [UInt8](repeating: 0, count: 13) + [1]
    static let remote6: [UInt8] = [0xfd, 0x78] + [UInt8](repeating: 0, count: 13) + [2]

    var bytes: [UInt8]

    /// Parses a read; nil if it is neither TCP nor UDP, or shorter than its headers.
    init?(read bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.count >= 10 + 28, isIPv6 ? bytes.count >= 10 + 48 : true, [6, 17].contains(transport),
            bytes.count >= payloadOffset
        else { return nil }
    }

    /// A packet from `remote` to `local` with a partial checksum; a super-packet if `segmentByteCount` is given.
    init(
        isIPv6: Bool, udpFrom sourcePort: UInt16, to destinationPort: UInt16, _ payload: [UInt8],
        segmentByteCount: Int? = nil
    ) {
        let transport = Self.words([sourcePort, destinationPort, UInt16(8 + payload.count), 0])
        self.init(isIPv6, 17, transport, checksumOffset: 6, payload, segmentByteCount.map { (5, $0) })
    }

    init(
        isIPv6: Bool, tcpFrom sourcePort: UInt16, to destinationPort: UInt16, sequence: UInt32, acknowledgement: UInt32,
        flags: UInt8, options: [UInt8] = [], _ payload: [UInt8] = [], segmentByteCount: Int? = nil
    ) {
        var transport = Self.words([
            sourcePort, destinationPort, UInt16(sequence >> 16), UInt16(sequence & 0xffff),
            UInt16(acknowledgement >> 16), UInt16(acknowledgement & 0xffff), UInt16(5 + options.count / 4) << 12,
            0xffff,
            0, 0,
        ])
        transport[13] = flags
        self.init(
            isIPv6, 6, transport + options, checksumOffset: 16, payload, segmentByteCount.map { (isIPv6 ? 4 : 1, $0) })
    }

    private init(
        _ isIPv6: Bool, _ number: UInt8, _ transport: [UInt8], checksumOffset: Int, _ payload: [UInt8],
        _ segmentation: (type: UInt8, byteCount: Int)?
    ) {
        let length = transport.count + payload.count
        var network: [UInt8]
        if isIPv6 {
            network = [0x60, 0, 0, 0] + Self.words([UInt16(length)]) + [number, 64] + Self.remote6 + Self.local6
        } else {
            network =
                [0x45, 0] + Self.words([UInt16(20 + length), 0, 0x4000]) + [64, number, 0, 0] + Self.remote4
                + Self.local4
            let sum = ~Self.sum(network)
            network[10] = UInt8(sum >> 8)
            network[11] = UInt8(sum & 0xff)
        }
        var transport = transport
        let pseudo = Self.sum(
            (isIPv6 ? Self.remote6 + Self.local6 : Self.remote4 + Self.local4) + [0, number]
                + Self.words([UInt16(length)]))
        transport[checksumOffset] = UInt8(pseudo >> 8)
        transport[checksumOffset + 1] = UInt8(pseudo & 0xff)
        var header: [UInt8] = [1, segmentation?.type ?? 0]
        for field in [
            network.count + transport.count, segmentation?.byteCount ?? 0, network.count, checksumOffset,
        ] {
            header += [UInt8(field & 0xff), UInt8(field >> 8)]
        }
        bytes = header + network + transport + payload
    }

    // The header, in host order (little-endian where Sealane runs).
    var needsChecksum: Bool { bytes[0] & 1 != 0 }
    var segmentation: UInt8 { bytes[1] & 0x7f }
    var headersByteCount: Int { field(2) }
    var segmentByteCount: Int { field(4) }
    var checksumStart: Int { field(6) }
    var checksumOffset: Int { field(8) }

    var isIPv6: Bool { bytes[10] >> 4 == 6 }
    var transport: UInt8 { isIPv6 ? bytes[16] : bytes[19] }
    var transportOffset: Int { isIPv6 ? 50 : 10 + Int(bytes[10] & 0xf) * 4 }
    var sourcePort: UInt16 { UInt16(number(transportOffset, 2)) }
    var destinationPort: UInt16 { UInt16(number(transportOffset + 2, 2)) }
    var sequence: UInt32 { UInt32(number(transportOffset + 4, 4)) }
    var flags: UInt8 { bytes[transportOffset + 13] }
    var payloadOffset: Int { transportOffset + (transport == 6 ? Int(bytes[transportOffset + 12] >> 4) * 4 : 8) }
    var payload: ArraySlice<UInt8> { bytes[payloadOffset...] }
    /// The IP header's fields, from the bytes after the virtio header.
    var statedByteCount: Int { isIPv6 ? 40 + number(14, 2) : number(12, 2) }

    private func field(_ offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }
    private func number(_ offset: Int, _ count: Int) -> Int {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func words(_ words: [UInt16]) -> [UInt8] {
        words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    private static func sum(_ bytes: [UInt8]) -> UInt16 {
        var sum = 0
        for index in stride(from: 0, to: bytes.count, by: 2) { sum += Int(bytes[index]) << 8 | Int(bytes[index + 1]) }
        while sum >> 16 != 0 { sum = sum & 0xffff + sum >> 16 }
        return UInt16(sum)
    }
}

/// The kernel's next packet of the transport protocol through the device.
func nextPacket(_ transport: UInt8, isIPv6: Bool, from queue: borrowing TunQueue) throws -> SuperPacket {
    var epoll = try Epoll()
    try epoll.add(queue.fileDescriptor, for: .readable, token: 0)
    var bytes = [UInt8](repeating: 0, count: TunQueue.maximumReadByteCount)
    while epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
        let count = bytes.withUnsafeMutableBytes { queue.read(into: $0) }
        guard count > 0 else { throw Failure("read: \(count)") }
        guard let packet = SuperPacket(read: Array(bytes[..<count])) else { continue }
        if packet.isIPv6 == isIPv6, packet.transport == transport { return packet }
    }
    throw Failure("no packet came")
}

/// One TCP connection from a socket of this kernel to a peer behind the TUN, played by the test.
struct TCPConversation: ~Copyable {
    let socket: CInt
    let isIPv6: Bool
    let localPort: UInt16
    /// Sequence number of the next byte to the socket.
    var sequence: UInt32 = 1000
    /// Sequence number of the next byte from the socket.
    var expected: UInt32

    static var segmentByteCount: Int { 1300 }

    /// Connects from a new socket through the queue, and responds for the peer.
    static func open(isIPv6: Bool, through queue: borrowing TunQueue) throws -> TCPConversation {
        let descriptor = Glibc.socket(
            isIPv6 ? AF_INET6 : AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket: \(errno)") }
        let size = Int(SocketAddress.ipv6ByteCount)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        defer { memory.deallocate() }
        let length = try address(isIPv6 ? "fd78::2" : "10.78.0.2", 80).store(to: memory, forIPv6Socket: isIPv6)
        guard connect(descriptor, memory.assumingMemoryBound(to: sockaddr.self), socklen_t(length)) < 0,
            errno == EINPROGRESS
        else { throw Failure("connect: \(errno)") }
        let first = try nextPacket(6, isIPv6: isIPv6, from: queue)
        guard first.flags == 0x02 else { throw Failure("no SYN: \(first.flags)") }
        var connection = TCPConversation(
            socket: descriptor, isIPv6: isIPv6, localPort: first.sourcePort, expected: first.sequence &+ 1)
        // Segment size, no operation, window scale 10.
        let options: [UInt8] = [2, 4, UInt8(segmentByteCount >> 8), UInt8(segmentByteCount & 0xff), 1, 3, 3, 10]
        try connection.answer(flags: 0x12, options: options, queue)
        connection.sequence += 1
        guard try nextPacket(6, isIPv6: isIPv6, from: queue).flags == 0x10 else { throw Failure("no ACK") }
        return connection
    }

    private init(socket: CInt, isIPv6: Bool, localPort: UInt16, expected: UInt32) {
        self.socket = socket
        self.isIPv6 = isIPv6
        self.localPort = localPort
        self.expected = expected
    }

    deinit {
        close(socket)
    }

    func acknowledge(_ queue: borrowing TunQueue) throws {
        try answer(flags: 0x10, queue)
    }

    private func answer(flags: UInt8, options: [UInt8] = [], _ queue: borrowing TunQueue) throws {
        let packet = SuperPacket(
            isIPv6: isIPv6, tcpFrom: 80, to: localPort, sequence: sequence, acknowledgement: expected, flags: flags,
            options: options)
        let written = packet.bytes.withUnsafeBytes { queue.write($0) }
        guard written == packet.bytes.count else { throw Failure("write: \(written)") }
    }
}
