import SealanePacket

/// Which handshake datagrams of strangers a lane passes on. The control thread processes a few tens of thousands a second, and a
/// sender of more would fill its queue.
///
/// Datagrams from the endpoints of configured peers pass. All others are counted, by IPv4 address or IPv6 /48, in a table of
/// fixed size: two sources may share a place, and then an allowance.
struct HandshakeGate {
    static var window: Duration { .milliseconds(100) }
    /// Datagrams in a window: of one source, and of all together.
    static var sourceLimit: UInt16 { 500 }
    static var totalLimit: Int { 2000 }
    private static var placeBitCount: Int { 10 }

    private var endpointsOfPeers: Set<Endpoint> = []
    private var counts = [UInt16](repeating: 0, count: 1 << Self.placeBitCount)
    private var total = 0
    private var windowStart = MonotonicTime(nanoseconds: 0)
    /// Keeps senders from learning which source shares their place.
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    mutating func set(_ endpoint: Endpoint, isPeer: Bool) {
        if isPeer { endpointsOfPeers.insert(endpoint) } else { endpointsOfPeers.remove(endpoint) }
    }

    func isPeer(_ endpoint: Endpoint) -> Bool { endpointsOfPeers.contains(endpoint) }

    /// Counts a datagram of a stranger.
    mutating func admits(_ source: IPAddress, at now: MonotonicTime) -> Bool {
        if now.since(windowStart) >= Self.window {
            windowStart = now
            total = 0
            for place in counts.indices { counts[place] = 0 }
        }
        let place = place(of: source)
        guard total < Self.totalLimit, counts[place] < Self.sourceLimit else { return false }
        total += 1
        counts[place] += 1
        return true
    }

    private func place(of source: IPAddress) -> Int {
        let bits = (source.isIPv4 ? source.low : source.high >> 16) ^ seed
        let mixed = (bits ^ bits >> 32) &* 0x9E37_79B9_7F4A_7C15
        let mixedAgain = (mixed ^ mixed >> 29) &* 0xBF58_476D_1CE4_E5B9
        return Int(mixedAgain >> UInt64(64 - Self.placeBitCount))
    }
}
