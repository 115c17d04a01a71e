/// The part of the overlay's prefixes that the overlay filter protects.
enum OverlayPrefixes {
    /// Networks that every link uses for itself: neighbour discovery, DHCP, instance metadata, multicast, broadcast. A
    /// peer's prefix that contains such a network is protected without it. A peer's prefix inside such a network is
    /// protected.
    private static let linkNetworks: [NetworkPrefix] = [
        network(ipv4: 0, 32), network(ipv4: 0xa9fe_0000, 16), network(ipv4: 0xe000_0000, 3),
        NetworkPrefix(address: SocketAddress(high: 0, low: 0, port: 0), length: 128),
        NetworkPrefix(address: SocketAddress(high: 0xfe80 << 48, low: 0, port: 0), length: 10),
        NetworkPrefix(address: SocketAddress(high: 0xff00 << 48, low: 0, port: 0), length: 8),
    ]

    private static func network(ipv4: UInt32, _ length: Int) -> NetworkPrefix {
        NetworkPrefix(address: SocketAddress(ipv4: ipv4, port: 0), length: length)
    }

    /// Disjoint prefixes that together cover the addresses of `prefixes`.
    static func kept(of prefixes: [NetworkPrefix]) -> Set<NetworkPrefix> {
        var kept: Set<NetworkPrefix> = []
        var last: NetworkPrefix?
        // Sorted so that within a family, a prefix is directly followed by the prefixes that it contains.
        let ordered = prefixes.sorted {
            if $0.address.isIPv4 != $1.address.isIPv4 { return $0.address.isIPv4 }
            return ($0.address.high, $0.address.low, $0.length) < ($1.address.high, $1.address.low, $1.length)
        }
        for prefix in ordered {
            if let last, last.contains(prefix) { continue }
            last = prefix
            for part in parts(of: prefix) { kept.insert(part) }
        }
        return kept
    }

    private static func parts(of prefix: NetworkPrefix) -> [NetworkPrefix] {
        let inside = linkNetworks.filter { $0.length > prefix.length && prefix.contains($0) }
        guard !inside.isEmpty else { return [prefix] }
        return prefix.halves.filter { !inside.contains($0) }.flatMap(parts)
    }
}

extension NetworkPrefix {
    /// The prefix of this address alone.
    var host: NetworkPrefix { NetworkPrefix(address: address, length: address.isIPv4 ? 32 : 128) }

    /// Whether `other` lies in this prefix or equals it. Both must be networks.
    func contains(_ other: NetworkPrefix) -> Bool {
        guard address.isIPv4 == other.address.isIPv4, length <= other.length else { return false }
        return NetworkPrefix(address: other.address, length: length).network == self
    }

    /// The two halves of a network. It must not be a single address.
    fileprivate var halves: [NetworkPrefix] {
        // A bit of all 128: an IPv4 address occupies the last 32.
        let bit = UInt64((address.isIPv4 ? 96 : 0) + length)
        let (high, low) = bit < 64 ? (UInt64(1) << (63 - bit), UInt64(0)) : (0, UInt64(1) << (127 - bit))
        let upper = SocketAddress(high: address.high | high, low: address.low | low, port: 0)
        return [NetworkPrefix(address: address, length: length + 1), NetworkPrefix(address: upper, length: length + 1)]
    }

    /// The addresses that the kernel delivers locally because this host has this one: the address itself, the broadcast
    /// address of its IPv4 network, the anycast address of its IPv6 network (RFC 4291 section 2.6.1).
    var deliveredHere: [NetworkPrefix] {
        var found = [host]
        let maximum = address.isIPv4 ? 32 : 128
        guard length < maximum - 1 else { return found }
        found.append(network.host)
        if address.isIPv4 {
            let hostBits = UInt64(maximum - length)
            let low = network.address.low | (hostBits == 32 ? 0xffff_ffff : (1 << hostBits) - 1)
            found.append(NetworkPrefix(address: SocketAddress(high: address.high, low: low, port: 0), length: maximum))
        }
        return found
    }
}
