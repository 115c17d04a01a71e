import Glibc
import SealaneLinux
import SealanePacket
import TestSupport

/// One TCP connection that the near end's kernel opens to the far end, whose side the test plays: it takes the segments as
/// they come out of the tunnel, judges each, and acknowledges.
final class FarStream {
    static let segmentByteCount = 1300

    private let scene: Scene
    private let addresses: (near: String, far: String)
    private let isIPv6: Bool
    private let socket: CInt
    private var port: [UInt8] = []
    private var expected: UInt32 = 0
    /// Of `far.delivered`, those seen.
    private var next: Int

    private(set) var received: [UInt8] = []
    private(set) var segmentCount = 0
    private(set) var partialCount = 0
    /// What was wrong with segments.
    private(set) var faults: [String] = []

    /// Connects. The session must stand.
    init(_ scene: Scene, isIPv6: Bool) throws {
        self.scene = scene
        self.isIPv6 = isIPv6
        addresses = isIPv6 ? ("fd78::1", "fd78::2") : ("10.78.0.1", "10.78.0.2")
        next = scene.far.delivered.count
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        socket = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard socket >= 0 else { throw SystemError(call: "socket", errno: errno, subject: "TCP") }
        let target = try address(addresses.far, 80)
        let result = withUnsafeTemporaryAllocation(byteCount: SocketAddress.ipv6ByteCount, alignment: 8) { memory in
            guard let base = memory.baseAddress else { return CInt(-1) }
            let length = target.store(to: base, forIPv6Socket: isIPv6)
            return connect(socket, base.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
        }
        guard result < 0, errno == EINPROGRESS else {
            throw SystemError(call: "connect", errno: errno, subject: "\(target)")
        }
        try scene.wait(for: "the connection") {
            try takeSegments()
            return isConnected
        }
    }

    deinit {
        close(socket)
    }

    private var isConnected: Bool {
        var info = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &info) { memory in
            memory.baseAddress.map { getpeername(socket, $0.assumingMemoryBound(to: sockaddr.self), &length) == 0 }
                ?? false
        }
    }

    /// Has the kernel send `bytes`, and waits until all have arrived.
    func carry(_ bytes: [UInt8]) throws {
        // kernel: SO_SNDBUFFORCE
        var room = CInt(2 * bytes.count)
        guard setsockopt(socket, SOL_SOCKET, 32, &room, socklen_t(MemoryLayout<CInt>.size)) == 0,
            send(socket, bytes, bytes.count, 0) == bytes.count
        else { throw SystemError(call: "send", errno: errno, subject: "\(bytes.count) bytes by TCP") }
        try scene.wait(for: "\(bytes.count) bytes by TCP") {
            try takeSegments()
            return received.count >= bytes.count
        }
    }

    private func takeSegments() throws {
        let before = expected
        while next < scene.far.delivered.count {
            take(scene.far.delivered[next], isPartial: scene.far.arePartial[next])
            next += 1
        }
        // Segment size; then nothing, window scale 10.
        let options: [UInt8] = [2, 4] + bigEndian(Self.segmentByteCount) + [1, 3, 3, 10]
        if received.isEmpty, expected != before {
            try answer(sequence: 1000, flags: 0x12, options: options)
        } else if expected != before {
            try answer(sequence: 1001, flags: 0x10)
        }
    }

    private func take(_ packet: [UInt8], isPartial: Bool) {
        let offset = isIPv6 ? 40 : 20
        guard packet.count >= offset + 20, packet[0] >> 4 == (isIPv6 ? 6 : 4), packet[isIPv6 ? 6 : 9] == 6 else {
            return
        }
        if !areChecksumsRight(packet, isPartial: isPartial) { faults.append("checksum of segment \(segmentCount)") }
        let header = packet[offset...]
        let sequence = header.dropFirst(4).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let flags = packet[offset + 13]
        let payload = header.dropFirst(Int(packet[offset + 12] >> 4) * 4)
        if flags & 0x02 != 0 {
            port = Array(header.prefix(2))
            expected = sequence &+ 1
            return
        }
        guard !payload.isEmpty else { return }
        // ACK, and PSH or not.
        if flags & ~0x08 != 0x10 { faults.append("flags \(flags) of segment \(segmentCount)") }
        if payload.count > Self.segmentByteCount { faults.append("\(payload.count) bytes in segment \(segmentCount)") }
        segmentCount += 1
        if isPartial { partialCount += 1 }
        // Sent again by a kernel that did not wait for this test.
        if Int32(bitPattern: sequence &- expected) < 0 { return }
        if sequence != expected {
            faults.append("\(sequence &- expected) bytes missing before segment \(segmentCount)")
        }
        expected = sequence &+ UInt32(payload.count)
        received += payload
    }

    private func answer(sequence: UInt32, flags: UInt8, options: [UInt8] = []) throws {
        func word(_ value: UInt32) -> [UInt8] { bigEndian(Int(value >> 16)) + bigEndian(Int(value & 0xFFFF)) }
        var header = bigEndian(80) + port + word(sequence) + word(expected)
        header += [UInt8(5 + options.count / 4) << 4, flags, 0xFF, 0xFF, 0, 0, 0, 0] + options
        try scene.far.send(
            packet: ipPacket(6, from: addresses.far, to: addresses.near, transport: header, checksumOffset: 16))
    }
}
