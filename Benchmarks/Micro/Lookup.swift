import SealanePacket
import TestSupport

/// `PrefixTable.lookup`, of addresses that are drawn beforehand: independent of each other, as packets are.
struct Lookup: Workload, ~Copyable {
    enum Prefixes: String, CaseIterable {
        case ipv4 = "IPv4 hosts"
        case ipv6 = "IPv6 hosts"
        /// Half of them hosts, a third /28, a sixth /24, one within the other here and there.
        case mixed = "IPv4 hosts and networks"
    }

    enum Pattern: String, CaseIterable {
        case random = "all"
        case hot = "64 hot"
    }

    private let table: PrefixTable
    /// The last 32 bits of each address, and what goes before them. Short, to leave the cache to the table.
    private let wanted: [UInt32]
    private let network: IPAddress
    private var next = 0

    /// More addresses than there are peers, or the processor's cache would hold the part of the table that matters.
    private static let wantedCount = 1 << 17

    /// - Parameter peers: 2^20 at most.
    init(_ prefixes: Prefixes, _ pattern: Pattern, peers: Int) {
        var random = SeededRandom(seed: 1)
        network = prefixes == .ipv6 ? IPAddress(high: 0xFD78_0000_0000_0000, low: 0) : IPAddress(ipv4: 0)
        var entries: [IPPrefix] = []
        var drawn: Set<IPPrefix> = []
        while drawn.count < peers {
            let hostBits = prefixes != .mixed ? 0 : [0, 0, 0, 4, 4, 8][drawn.count % 6]
            let address = Self.address(0x0A00_0000 | UInt32.random(in: 0..<1 << 24, using: &random), in: network)
            guard let prefix = IPPrefix(address: address, length: address.bitCount - hostBits)?.network else {
                continue
            }
            if drawn.insert(prefix).inserted { entries.append(prefix) }
        }
        table = PrefixTable(entries.enumerated().map { ($1, UInt32($0)) })
        let asked = pattern == .hot ? Array(entries.shuffled(using: &random).prefix(64)) : entries
        wanted = (0..<Self.wantedCount).map { _ in
            let prefix = asked[Int.random(in: 0..<asked.count, using: &random)]
            let hostBits = UInt32(prefix.address.bitCount - prefix.length)
            return UInt32(truncatingIfNeeded: prefix.address.low) | UInt32.random(in: 0..<1 << hostBits, using: &random)
        }
    }

    private static func address(_ last: UInt32, in network: IPAddress) -> IPAddress {
        IPAddress(high: network.high, low: network.low | UInt64(last))
    }

    var unitsPerAct: Int { 4096 }

    mutating func act() {
        var missing = 0
        wanted.withUnsafeBufferPointer { wanted in
            for at in next..<next &+ unitsPerAct where table.lookup(Self.address(wanted[at], in: network)) < 0 {
                missing &+= 1
            }
        }
        next = (next &+ unitsPerAct) % Self.wantedCount
        precondition(missing == 0, "\(missing) addresses of peers were not found")
    }
}
