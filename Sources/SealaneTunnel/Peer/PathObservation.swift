import SealanePacket

/// What this host last observed of the path to a peer.
public struct PathObservation: Sendable, Equatable {
    /// The tuple that the sender of an authentic datagram claims, and the tuple that the datagram arrived with.
    package struct Translation: Sendable, Equatable {
        package let claimed: FourTuple
        package let observed: FourTuple
        package let at: MonotonicTime

        package var isTranslated: Bool { claimed != observed }
    }

    /// The TTL or hop limit that an authentic datagram arrived with. 0: the kernel does not report it.
    package struct Forwarding: Sendable, Equatable {
        package let hopLimit: UInt8
        package let at: MonotonicTime
    }

    /// How much the path to the peer carries, in bytes of whole IP packets.
    package struct MTU: Sendable, Equatable {
        package let ofThisHost: Int
        package let statedByPeer: Int
        package let carried: Int
        package let at: MonotonicTime

        /// How much it should carry: the lesser MTU of the two interfaces.
        package var stated: Int { min(ofThisHost, statedByPeer) }
    }

    /// An authentic datagram arrived in fragments.
    package struct Fragmentation: Sendable, Equatable {
        /// Of the largest fragment, with its IP header.
        package let byteCount: Int
        package let at: MonotonicTime
    }

    /// Data of one of the peer's lanes did not arrive as it should. Stands until data of that lane does. A handshake, which
    /// travels by lane 0, says nothing about another lane.
    package struct Mismatch: Sendable, Equatable {
        /// The peer's lane.
        package let lane: UInt8
        package let translation: Translation
        package let forwarding: Forwarding
        /// Nil: the datagram arrived whole.
        package let fragmentation: Fragmentation?
    }

    package var translation: Translation?
    package var forwarding: Forwarding?
    package var mtu: MTU?
    /// Of the last handshake. Nil: its datagram arrived whole.
    package var fragmentation: Fragmentation?
    package var mismatch: Mismatch?

    package init(
        translation: Translation? = nil, forwarding: Forwarding? = nil, mtu: MTU? = nil,
        fragmentation: Fragmentation? = nil, mismatch: Mismatch? = nil
    ) {
        self.translation = translation
        self.forwarding = forwarding
        self.mtu = mtu
        self.fragmentation = fragmentation
        self.mismatch = mismatch
    }

    /// What the last handshake alone showed. The rest was observed inside sessions.
    package var ofHandshake: PathObservation {
        PathObservation(translation: translation, forwarding: forwarding, fragmentation: fragmentation)
    }

    /// The same with a handshake's datagram, whose sender claims to have used `claimed`.
    func including(_ arrival: Arrival, claimed: FourTuple, at now: MonotonicTime) -> PathObservation {
        var observation = self
        observation.translation = Translation(claimed: claimed, observed: arrival.tuple, at: now)
        observation.forwarding = Forwarding(hopLimit: arrival.hopLimit, at: now)
        observation.fragmentation = Fragmentation(arrival, at: now)
        // The datagram came by lane 0's path. It does not show how large a datagram that path carries whole.
        if let mismatch, mismatch.lane == 0, mismatch.fragmentation == nil { observation.mismatch = nil }
        return observation
    }

    /// Records data of the peer's lane that did not arrive as it should: by the tuple `expected`, whole, and from no router.
    mutating func record(_ arrival: Arrival, ofLane lane: UInt8, expected: FourTuple, at now: MonotonicTime) {
        let translation = Translation(claimed: expected, observed: arrival.tuple, at: now)
        let forwarding = Forwarding(hopLimit: arrival.hopLimit, at: now)
        mismatch = Mismatch(
            lane: lane, translation: translation, forwarding: forwarding,
            fragmentation: Fragmentation(arrival, at: now))
        (self.translation, self.forwarding) = (translation, forwarding)
    }
}

extension PathObservation.Fragmentation {
    /// Nil for a datagram that arrived whole.
    fileprivate init?(_ arrival: Arrival, at now: MonotonicTime) {
        guard arrival.fragmentByteCount > 0 else { return nil }
        self.init(byteCount: Int(arrival.fragmentByteCount), at: now)
    }
}
