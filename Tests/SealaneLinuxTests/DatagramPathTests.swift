import Glibc
import SealaneLinux
import TestSupport
import Testing

/// Destination and TTL or hop limit of datagrams, as the kernel reports them, on the loopback of this host.
struct DatagramPathTests {
    private struct Seen: Equatable, Sendable {
        let destination: SocketAddress?
        let hopLimit: UInt8
        let trafficClass: UInt8
        let segmentByteCount: Int
        var fragmentByteCount = 0
    }

    private static func next(_ count: Int, from socket: borrowing UDPSocket) throws -> [Seen] {
        var epoll = try Epoll()
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        var batch = ReceiveBatch(capacity: 3, bufferByteCount: 65_536)
        var found: [Seen] = []
        while found.count < count, epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
            guard batch.fill(from: socket) > 0 else { continue }
            for index in 0..<batch.count {
                let origin = batch.origin(at: index)
                found.append(
                    Seen(
                        destination: origin.destination(port: socket.localAddress.port), hopLimit: origin.hopLimit,
                        trafficClass: origin.trafficClass, segmentByteCount: origin.segmentByteCount,
                        fragmentByteCount: origin.fragmentByteCount))
            }
        }
        return found
    }

    private static func set(hopLimit: CInt, of socket: borrowing UDPSocket, isIPv4: Bool) throws {
        var value = hopLimit
        let (level, option) = isIPv4 ? (IPPROTO_IP, IP_TTL) : (IPPROTO_IPV6, IPV6_UNICAST_HOPS)
        let length = socklen_t(MemoryLayout<CInt>.size)
        guard setsockopt(socket.fileDescriptor, CInt(level), option, &value, length) == 0 else {
            throw SystemError(call: "setsockopt", errno: errno, subject: "hop limit \(hopLimit)")
        }
    }

    @Test(arguments: TrafficClassTests.Way.all)
    func `each datagram and each run has its destination and hop limit reported, together with everything else`(
        way: TrafficClassTests.Way
    ) throws {
        let sender = try UDPSocket.bind(to: address(way.sender))
        let receiver = try UDPSocket.bind(to: address(way.receiver))
        try receiver.reportTrafficClass()
        try receiver.reportPath()
        try receiver.setGRO(true)
        let target = try address(way.target, receiver.localAddress.port)
        let bytes = [UInt8](repeating: 7, count: 2500)
        for hopLimit: UInt8 in [255, 254, 64, 1] {
            try Self.set(hopLimit: CInt(hopLimit), of: sender, isIPv4: target.isIPv4)
            let outcome = bytes.withUnsafeBytes { memory in
                var batch = SendBatch(capacity: 4, forIPv6Socket: sender.isIPv6)
                for _ in 0..<4 { batch.append(run: memory, segmentByteCount: 1000, trafficClass: 0xB9, to: target) }
                return batch.flush(to: sender)
            }
            #expect(outcome == .init(sent: 4))
            let expected = Seen(
                destination: target, hopLimit: hopLimit, trafficClass: 0xB9, segmentByteCount: 1000)
            #expect(try Self.next(4, from: receiver) == [Seen](repeating: expected, count: 4))
        }
    }

    @Test func `a new socket sends with the maximum hop limit, and by default nothing is reported`() throws {
        let sender = try UDPSocket.bind(to: address("127.0.0.1"))
        let asked = try UDPSocket.bind(to: address("127.0.0.1"))
        let silent = try UDPSocket.bind(to: address("127.0.0.1"))
        try asked.reportPath()
        for target in [asked.localAddress, silent.localAddress] { send([[1]], through: sender, to: target) }
        let told = try Self.next(1, from: asked)
        #expect(told.first?.hopLimit == 255)
        #expect(told.first?.destination == asked.localAddress)
        let untold = try Self.next(1, from: silent)
        #expect(untold.count == 1)
        #expect(untold.first?.hopLimit == 0)
        #expect(untold.first?.destination == nil)
    }

    /// On a loopback with an MTU of 1300 bytes, through a socket that lets the kernel fragment.
    private static func sendThroughNarrowLoopback(isIPv4: Bool) throws -> [Seen] {
        try InterfaceConfiguration.setMTU("lo", to: 1300)
        try InterfaceConfiguration.setUp("lo")
        let text = isIPv4 ? "127.0.0.1" : "::1"
        let sender = try UDPSocket.bind(to: address(text))
        let receiver = try UDPSocket.bind(to: address(text))
        try receiver.reportTrafficClass()
        try receiver.reportPath()
        try receiver.setGRO(true)
        var dont: CInt = 0
        let (level, option) =
            isIPv4 ? (IPPROTO_IP, IP_MTU_DISCOVER) : (IPPROTO_IPV6, IPV6_MTU_DISCOVER)
        guard
            setsockopt(
                sender.fileDescriptor, CInt(level), option, &dont, socklen_t(MemoryLayout<CInt>.size)) == 0
        else { throw SystemError(call: "setsockopt", errno: errno, subject: "MTU_DISCOVER") }
        let datagrams = [500, 2000, 1200, 8000].map { [UInt8](repeating: 7, count: $0) }
        send(datagrams, through: sender, to: receiver.localAddress)
        return try next(4, from: receiver)
    }

    @Test(
        .enabled(if: PrivateNetwork.isAvailable, "\(PrivateNetwork.unavailable ?? "")"), arguments: [true, false])
    func `for a reassembled datagram the largest fragment's size is reported, and for a whole one it is not`(
        isIPv4: Bool
    ) throws {
        let seen = try PrivateNetwork.run { try Self.sendThroughNarrowLoopback(isIPv4: isIPv4) }
        #expect(seen.map(\.segmentByteCount) == [500, 2000, 1200, 8000])
        // Fragments hold a multiple of 8 bytes after the IP header, and IPv6's fragment header.
        let greatest = isIPv4 ? 20 + 1280 : 40 + 8 + 1248
        #expect(seen.map(\.fragmentByteCount) == [0, greatest, 0, greatest])
        #expect(seen.allSatisfy { $0.hopLimit == 255 })
    }
}
