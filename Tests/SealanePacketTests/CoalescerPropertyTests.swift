import SealanePacket
import TestSupport
import Testing

/// Several flows that mostly continue their runs, and sometimes end them in every possible way.
private struct Traffic {
    struct Sent {
        let bytes: [UInt8]
        let flow: Int
        /// Belongs to every flow between its two hosts: a barrier.
        var isFragment = false
        /// The packet's pair of hosts.
        let pair: Int
    }

    var random: SeededRandom
    var flows: [SamplePacket] = []
    var sizes: [Int] = []
    var standStill: Set<Int> = []

    init(seed: UInt64, flowCount: Int, isChecksumPartial: Bool, mayStandStill: Bool) {
        random = SeededRandom(seed: seed)
        for flow in 0..<flowCount {
            var packet = SamplePacket.random(using: &random)
            packet.sourceHost = UInt8(flow / 2 + 1)
            packet.destinationHost = 99
            packet.sourcePort = 1000 + flow
            packet.checksum = isChecksumPartial ? .partial : .full
            flows.append(packet)
            sizes.append([1, 36, 100, 537, 1388, 8948].randomElement(using: &random) ?? 100)
            if mayStandStill, Bool.random(using: &random) { standStill.insert(flow) }
        }
    }

    mutating func next(odd: Int) throws -> Sent {
        let flow = Int.random(in: 0..<flows.count, using: &random)
        let pair = flow / 2 * 2 + (flows[flow].isIPv4 ? 0 : 1)
        var packet = flows[flow]
        packet.payload = random.bytes(sizes[flow])
        let isOdd = Int.random(in: 0..<100, using: &random) < odd
        if isOdd {
            switch Int.random(in: 0..<16, using: &random) {
            case 0, 1: packet.flags |= 0x08
            case 2: packet.flags = UInt8.random(in: 0...255, using: &random)
            case 3, 4: packet.payload = random.bytes(Int.random(in: 0...sizes[flow] + 50, using: &random))
            case 5: packet.payload = []
            case 6: packet.sequence &+= UInt32.random(in: 0...2000, using: &random)
            case 7: packet.trafficClass ^= UInt8.random(in: 0...255, using: &random)
            case 8: packet.hopLimit ^= 1
            case 9: packet.identification += Int.random(in: 0...3, using: &random)
            case 10: packet.checksum = packet.checksum == .full ? .wrong : packet.checksum
            case 11: packet.isIPChecksumWrong = true
            case 12: packet.checksum = packet.checksum == .full && !packet.isTCP ? .none : packet.checksum
            case 13: packet.acknowledged &+= 1
            case 14: packet.payload = random.bytes(65535 - packet.headerByteCount)
            default:
                guard packet.isIPv4, packet.checksum == .full else { break }
                packet.fragment = [0x2000, 0x0001, 0x20B9].randomElement(using: &random) ?? 1
                return Sent(bytes: packet.bytes, flow: -1, isFragment: true, pair: pair)
            }
        }
        flows[flow].sequence = packet.sequence &+ UInt32(packet.payload.count)
        flows[flow].identification = packet.identification + (standStill.contains(flow) ? 0 : 1)
        flows[flow].acknowledged = packet.acknowledged
        return Sent(bytes: packet.bytes, flow: flow, pair: pair)
    }
}

/// The packet with IPv4 identification and header checksum set to 0 if it has DF: RFC 6864 gives the field no meaning.
private func withoutMeaningless(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes[0] >> 4 == 4, bytes[6] & 0x40 != 0 else { return bytes }
    var bytes = bytes
    bytes.replaceSubrange(4..<6, with: [0, 0])
    bytes.replaceSubrange(10..<12, with: [0, 0])
    return bytes
}

@Suite struct CoalescerPropertyTests {
    private func check(
        seed: UInt64, flowCount: Int, odd: Int, isChecksumPartial: Bool, mayStandStill: Bool
    ) throws -> (packets: Int, runs: Int) {
        var traffic = Traffic(
            seed: seed, flowCount: flowCount, isChecksumPartial: isChecksumPartial, mayStandStill: mayStandStill)
        var scene = CoalescerScene(flowLimit: [1, 2, 8][Int(seed % 3)])
        var sent: [Traffic.Sent] = []
        for at in 1...300 {
            let packet = try traffic.next(odd: odd)
            sent.append(packet)
            #expect(scene.add(packet.bytes, isChecksumPartial: isChecksumPartial) == .accepted)
            if at % 64 == 0 { scene.flush(isChecksumPartial: isChecksumPartial) }
        }
        scene.flush(isChecksumPartial: isChecksumPartial)

        func normal(_ bytes: [UInt8]) -> [UInt8] { mayStandStill ? withoutMeaningless(bytes) : bytes }
        let runs = scene.runs
        let cut = runs.flatMap { $0.packets(isChecksumPartial: isChecksumPartial) }
        #expect(runs.map(\.packetCount).reduce(0, +) == sent.count)
        #expect(cut.count == sent.count)
        let restored = runs.flatMap(\.restored)
        // Restored packets are always exact; segmented ones are if every identification counts up.
        #expect(cut.map(normal) == restored.map(normal))
        var places: [[UInt8]: [Int]] = [:]
        for (at, packet) in sent.enumerated().reversed() { places[packet.bytes, default: []].append(at) }
        let order = restored.compactMap { places[$0]?.popLast() }
        #expect(order.sorted() == Array(sent.indices), "the packets that left are those that arrived")
        for flow in 0..<flowCount {
            let pair = sent.first { $0.flow == flow }?.pair
            let own = order.filter { sent[$0].flow == flow || sent[$0].isFragment && sent[$0].pair == pair }
            #expect(own == own.sorted(), "flow \(flow) of seed \(seed) keeps its order")
        }
        return (sent.count, runs.count)
    }

    @Test(arguments: [false, true])
    func `segments of the runs are the packets that arrived`(isChecksumPartial: Bool) throws {
        for seed in 0..<60 as Range<UInt64> {
            _ = try check(
                seed: seed, flowCount: Int(seed % 7) + 1, odd: Int(seed % 5) * 10, isChecksumPartial: isChecksumPartial,
                mayStandStill: false)
        }
    }

    @Test func `constant identifications change nothing else`() throws {
        for seed in 100..<140 as Range<UInt64> {
            _ = try check(
                seed: seed, flowCount: Int(seed % 7) + 1, odd: Int(seed % 4) * 10, isChecksumPartial: false,
                mayStandStill: true)
        }
    }

    @Test func `steady flows leave in few runs`() throws {
        for seed in [2, 5, 8, 11, 14] as [UInt64] {
            let result = try check(
                seed: seed, flowCount: 4, odd: 0, isChecksumPartial: seed % 2 == 0, mayStandStill: false)
            #expect(result.runs * 2 < result.packets, "seed \(seed): \(result)")
        }
    }

    /// Memory is exact, so that the address sanitizer finds a read or write outside it.
    @Test func `no bytes trap`() {
        var random = SeededRandom(seed: 40)
        var scene = CoalescerScene(flowLimit: 3)
        var accepted = 0
        for round in 0..<20_000 {
            var packet = SamplePacket.random(using: &random)
            // Few flows, so that changed packets meet open runs.
            (packet.sourceHost, packet.destinationHost, packet.sourcePort, packet.destinationPort) = (1, 2, 3, 4)
            packet.payload = random.bytes(Int.random(in: 0...60, using: &random))
            packet.sequence = UInt32.random(in: 0...3, using: &random)
            let bytes = packet.damaged(in: round, using: &random)
            if scene.add(bytes, isChecksumPartial: round % 3 == 0) == .accepted { accepted += 1 }
            if round % 50 == 0 { scene.flush() }
        }
        scene.flush()
        #expect(scene.runs.map(\.packetCount).reduce(0, +) == accepted)
        #expect(accepted > 5000)
    }
}
