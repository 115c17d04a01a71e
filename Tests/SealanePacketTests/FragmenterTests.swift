import SealanePacket
import TestSupport
import Testing

@Suite struct FragmenterTests {
    private static func fragments(of packet: [UInt8], _ byteLimit: Int) throws -> [[UInt8]]? {
        try withPacket(packet) { packet in
            guard var fragmenter = Fragmenter(packet, byteLimit: byteLimit) else { return nil }
            var fragments: [[UInt8]] = []
            while true {
                var slot = [UInt8](repeating: 0xEE, count: byteLimit)
                let count = slot.withUnsafeMutableBytes { fragmenter.next(into: $0) }
                guard count > 0 else { return fragments }
                fragments.append(Array(slot.prefix(count)))
            }
        }
    }

    private static func headerByteCount(_ packet: [UInt8]) -> Int { Int(packet[0] & 0xF) * 4 }
    private static func field(_ packet: [UInt8]) -> Int { Int(packet[6]) << 8 | Int(packet[7]) }

    /// A simple reassembly: the first fragment's header, and all payloads at their offsets.
    private static func whole(_ fragments: [[UInt8]]) throws -> [UInt8] {
        var payload: [Int: UInt8] = [:]
        var end = 0
        let base = (fragments.map { field($0) & 0x1FFF }.min() ?? 0) * 8
        for fragment in fragments {
            let header = headerByteCount(fragment)
            let start = (field(fragment) & 0x1FFF) * 8 - base
            for (at, byte) in fragment[header...].enumerated() {
                #expect(payload.updateValue(byte, forKey: start + at) == nil, "no two fragments overlap")
            }
            end = max(end, start + fragment.count - header)
        }
        let first = try #require(fragments.first)
        return try Array(first.prefix(headerByteCount(first)))
            + (0..<end).map { try #require(payload[$0], "no fragment lacks") }
    }

    private static func withoutLengths(_ packet: [UInt8]) -> [UInt8] {
        var packet = packet
        // Total length, flags and offset, and checksum differ.
        for at in [2, 3, 6, 7, 10, 11] { packet[at] = 0 }
        return packet
    }

    @Test func `fragments of any packet fit, have valid headers, and reassemble to the packet`() throws {
        var random = SeededRandom(seed: 791)
        for _ in 0..<2000 {
            var sample = SampleIPv4()
            sample.fragment = [0, 0, 0, 0x2000, 0x2010, 0x0123, 0x8000].randomElement(using: &random) ?? 0
            sample.typeOfService = UInt8.random(in: 0...255, using: &random)
            sample.options = random.bytes(4 * ([0, 0, 1, 5, 10].randomElement(using: &random) ?? 0))
            sample.payload = random.bytes(Int.random(in: 0...4000, using: &random))
            let packet = try sample.bytes()
            let header = Self.headerByteCount(packet)
            let limit = Int.random(in: header + 8...1500, using: &random)
            let fragments = try #require(try Self.fragments(of: packet, limit))
            #expect(fragments.allSatisfy { $0.count <= limit && isPacket($0) })
            #expect(fragments.allSatisfy { slowSum(Array($0.prefix(Self.headerByteCount($0)))) == 0xFFFF })
            #expect(fragments.dropLast().allSatisfy { ($0.count - Self.headerByteCount($0)) % 8 == 0 })
            #expect(fragments.dropLast().allSatisfy { Self.field($0) & 0x2000 != 0 })
            let last = try #require(fragments.last)
            #expect(Self.field(last) & 0x2000 == sample.fragment & 0x2000)
            #expect(fragments.allSatisfy { Self.field($0) & 0x8000 == sample.fragment & 0x8000 })
            #expect(try Self.field(#require(fragments.first)) & 0x1FFF == sample.fragment & 0x1FFF)
            for fragment in fragments {
                #expect(Self.withoutLengths(fragment)[1..<20] == Self.withoutLengths(packet)[1..<20])
            }
            #expect(try Self.withoutLengths(Self.whole(fragments)) == Self.withoutLengths(packet))
        }
    }

    @Test func `there are as few fragments as possible`() throws {
        var sample = SampleIPv4()
        sample.fragment = 0
        for (payload, limit, lengths) in [
            (1420, 1340, [1340, 120]), (1420, 1339, [1332, 128]), (1320, 1340, [1340]), (1321, 1340, [1340, 21]),
            (20, 28, [28, 28, 24]), (0, 28, [20]), (9000, 1340, [1340, 1340, 1340, 1340, 1340, 1340, 1100]),
        ] {
            sample.payload = filler(payload)
            #expect(try Self.fragments(of: sample.bytes(), limit)?.map(\.count) == lengths, "\(payload) in \(limit)")
        }
    }

    // Record route (7) belongs in the first fragment only; loose source route (131), security (130) and router alert
    // (148) in all.
    @Test func `later fragments have exactly the options that must be copied`() throws {
        let recordRoute: [UInt8] = [7, 7, 4, 0, 0, 0, 0]
        let routerAlert: [UInt8] = [148, 4, 0, 0]
        let sourceRoute: [UInt8] = [131, 7, 4, 10, 0, 0, 1]
        var sample = SampleIPv4()
        sample.fragment = 0
        sample.payload = filler(100)
        for (options, later) in [
            (recordRoute + [0], []), (recordRoute + [1] + routerAlert, routerAlert),
            ([1, 1, 1] + recordRoute + sourceRoute + routerAlert + [0, 0, 0], sourceRoute + routerAlert + [0]),
            (routerAlert + [0, 99, 99, 99], routerAlert), (routerAlert + [148, 1, 0, 0], routerAlert),
            (routerAlert + [148, 9, 0, 0], routerAlert), (routerAlert + [1, 1, 1, 148], routerAlert),
        ] {
            sample.options = options
            let fragments = try #require(try Self.fragments(of: sample.bytes(), 20 + options.count + 8))
            #expect(fragments.count > 2)
            #expect(Array(try #require(fragments.first)[20..<20 + options.count]) == options)
            for fragment in fragments.dropFirst() {
                #expect(Array(fragment[20..<Self.headerByteCount(fragment)]) == later, "\(options)")
            }
        }
    }

    @Test func `a packet with DF is not fragmented, nor one without enough room`() throws {
        var sample = SampleIPv4()
        sample.payload = filler(100)
        #expect(try Self.fragments(of: sample.bytes(), 68) == nil, "don't fragment")
        sample.fragment = 0
        #expect(try Self.fragments(of: sample.bytes(), 27) == nil)
        #expect(try Self.fragments(of: sample.bytes(), 28) != nil)
        #expect(try Self.fragments(of: SampleIPv6(payload: filler(100)).bytes(), 68) == nil)
    }

    @Test func `a slot that is too short changes nothing`() throws {
        var sample = SampleIPv4()
        sample.fragment = 0
        sample.payload = filler(100)
        let counts = try withPacket(try sample.bytes()) { packet -> [Int] in
            guard var fragmenter = Fragmenter(packet, byteLimit: 68) else { return [] }
            var slot = [UInt8](repeating: 0, count: 68)
            return [67, 68, 0, 68, 68, 68].map { count in
                slot.withUnsafeMutableBytes { slot in
                    fragmenter.next(into: UnsafeMutableRawBufferPointer(rebasing: slot[..<count]))
                }
            }
        }
        #expect(counts == [0, 68, 0, 68, 24, 0])
    }
}
