import SealaneLinux
import Testing

/// Decoding of control areas that the test assembles, without the kernel.
@Suite struct DatagramOriginTests {
    /// A control message as cmsg(3) lays it out on 64-bit Linux: length 8, level 4, type 4, value, padded to 8.
    private static func message(_ level: Int32, _ type: Int32, _ value: [UInt8], length: Int? = nil) -> [UInt8] {
        let padding = [UInt8](repeating: 0xEE, count: (8 - value.count % 8) % 8)
        return bytes(of: length ?? 16 + value.count) + bytes(of: level) + bytes(of: type) + value + padding
    }

    private static func bytes(of value: some BitwiseCopyable) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    private static func decode(_ control: [UInt8], messageByteCount: Int = 9000) -> DatagramOrigin {
        control.withUnsafeBytes { DatagramOrigin(control: $0, messageByteCount: messageByteCount) }
    }

    private static func isEmpty(_ origin: DatagramOrigin) -> Bool { origin == decode([]) }

    private static let ipv4: [[UInt8]] = [
        // IP_PKTINFO: interface, local address, destination.
        message(0, 8, bytes(of: Int32(3)) + [127, 0, 0, 1] + [10, 0, 0, 2]),
        message(0, 2, bytes(of: Int32(64))), message(0, 1, [0xB9]), message(0, 25, bytes(of: Int32(1300))),
        message(17, 104, bytes(of: Int32(1200))),
    ]
    private static let ipv6: [[UInt8]] = [
        // IPV6_PKTINFO: destination, interface.
        message(41, 50, [0xFD] + [UInt8](repeating: 0, count: 14) + [7] + bytes(of: UInt32(3))),
        message(41, 52, bytes(of: Int32(255))), message(41, 67, bytes(of: Int32(0xB9))),
        message(41, 77, bytes(of: Int32(1400))), message(17, 104, bytes(of: Int32(1200))),
    ]

    /// Every order of `messages`.
    private static func orders(_ messages: [[UInt8]]) -> [[[UInt8]]] {
        guard let first = messages.first else { return [[]] }
        return orders(Array(messages.dropFirst())).flatMap { rest in
            (0...rest.count).map { at in Array(rest[..<at]) + [first] + Array(rest[at...]) }
        }
    }

    @Test func `control messages decode in every order, of both families`() throws {
        for order in Self.orders(Self.ipv4) {
            let origin = Self.decode(Array(order.joined()))
            #expect(origin.destination(port: 7325)?.description == "10.0.0.2:7325")
            #expect((origin.hopLimit, origin.trafficClass) == (64, 0xB9))
            #expect((origin.fragmentByteCount, origin.segmentByteCount) == (1300, 1200))
        }
        for order in Self.orders(Self.ipv6) {
            let origin = Self.decode(Array(order.joined()))
            #expect(origin.destination(port: 7325)?.description == "[fd00::7]:7325")
            #expect((origin.hopLimit, origin.trafficClass) == (255, 0xB9))
            #expect((origin.fragmentByteCount, origin.segmentByteCount) == (1400, 1200))
        }
    }

    @Test func `unknown control messages are skipped`() {
        // SCM_TIMESTAMP, another protocol's level, and known numbers on the wrong level.
        let unknown = [
            Self.message(1, 29, [UInt8](repeating: 1, count: 16)), Self.message(132, 2, [9]),
            Self.message(41, 8, [UInt8](repeating: 1, count: 12)), Self.message(0, 104, Self.bytes(of: Int32(7))),
        ]
        #expect(Self.isEmpty(Self.decode(Array(unknown.joined()))))
        let expected = Self.decode(Array(Self.ipv6.joined()))
        for at in 0...Self.ipv6.count {
            let mixed = Self.ipv6[..<at] + unknown + Self.ipv6[at...]
            #expect(Self.decode(Array(mixed.joined())) == expected)
        }
    }

    @Test func `a control message with a short value is ignored, and the next ones count`() {
        let short = [
            Self.message(0, 2, [64, 0, 0]), Self.message(41, 52, [64]), Self.message(41, 67, [1, 2]),
            Self.message(0, 25, [1]), Self.message(41, 77, [1, 2, 3]), Self.message(17, 104, [1, 0]),
            Self.message(0, 8, [UInt8](repeating: 1, count: 11)),
            Self.message(41, 50, [UInt8](repeating: 1, count: 19)),
        ]
        for message in short {
            #expect(Self.isEmpty(Self.decode(message)))
            let expected = Self.decode(Array(Self.ipv6.joined()))
            #expect(Self.decode(message + Array(Self.ipv6.joined())) == expected)
        }
    }

    // The kernel cuts the control area at the buffer's end (MSG_CTRUNC).
    @Test func `a truncated control area gives the control messages before its end`() {
        let all = Array(Self.ipv4.joined())
        for count in 0...all.count {
            var whole: [[UInt8]] = []
            for message in Self.ipv4 {
                // Without the padding, which nothing reads.
                let length = message.withUnsafeBytes { $0.loadUnaligned(as: Int.self) }
                guard whole.reduce(0, { $0 + $1.count }) + length <= count else { break }
                whole.append(message)
            }
            #expect(Self.decode(Array(all[..<count])) == Self.decode(Array(whole.joined())), "\(count) bytes")
        }
    }

    @Test(arguments: [-1, 0, 1, 15, 16, 25, 1 << 40, .min, .max])
    func `a control message whose length does not fit ends the decoding`(length: Int) {
        let broken = Self.message(0, 2, Self.bytes(of: Int32(64)), length: length)
        #expect(Self.isEmpty(Self.decode(broken)))
        let origin = Self.decode(Self.ipv4[2] + broken)
        #expect((origin.trafficClass, origin.hopLimit) == (0xB9, 0))
    }

    @Test func `the segment size is at least 1 and at most the message's`() {
        func size(_ segment: Int32, of messageByteCount: Int) -> Int {
            Self.decode(Self.message(17, 104, Self.bytes(of: segment)), messageByteCount: messageByteCount)
                .segmentByteCount
        }
        #expect([size(1200, of: 9000), size(9000, of: 9000), size(9001, of: 9000)] == [1200, 9000, 9000])
        #expect([size(0, of: 9000), size(-1, of: 9000), size(.min, of: 9000)] == [9000, 9000, 9000])
        #expect([size(1, of: 0), Self.decode([], messageByteCount: 0).segmentByteCount] == [1, 1])
    }
}
