import SealanePacket

/// A host that knows this host's public key, has no entry among the peers, and has begun handshakes. Nothing that it says is proven.
package struct Stranger: Sendable, Equatable {
    /// Of its last initiation.
    package internal(set) var source: Endpoint
    /// The public key that it states.
    package internal(set) var publicKey: PublicKey
    package let since: MonotonicTime
    package internal(set) var lastAt: MonotonicTime
    package internal(set) var count: UInt64 = 1
}

/// The last strangers, by their addresses. They are few, because anybody can make up more.
struct Strangers {
    static var limit: Int { 32 }

    private(set) var all: [Stranger] = []
    private var isReported: [Bool] = []
    private var reports = TokenBucket(perSecond: 1, burst: TunnelLimits.unprovenReportBurst)

    /// Records an initiation. Returns the stranger if people should get a report.
    mutating func record(_ key: PublicKey, from source: Endpoint, at now: MonotonicTime) -> Stranger? {
        let place: Int
        if let known = all.firstIndex(where: { $0.source.address == source.address }) {
            place = known
            if all[place].publicKey != key { isReported[place] = false }
            all[place].source = source
            all[place].publicKey = key
            all[place].lastAt = now
            all[place].count += 1
        } else {
            if all.count >= Self.limit, let oldest = all.indices.min(by: { all[$0].lastAt < all[$1].lastAt }) {
                remove(at: oldest)
            }
            place = all.count
            all.append(Stranger(source: source, publicKey: key, since: now, lastAt: now))
            isReported.append(false)
        }
        guard !isReported[place], reports.spend(at: now) else { return nil }
        isReported[place] = true
        return all[place]
    }

    /// The key belongs to a peer from here on.
    mutating func forget(_ key: PublicKey) {
        for place in all.indices.reversed() where all[place].publicKey == key { remove(at: place) }
    }

    private mutating func remove(at place: Int) {
        all.remove(at: place)
        isReported.remove(at: place)
    }
}
