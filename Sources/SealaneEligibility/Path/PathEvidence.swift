import SealanePacket

/// What was observed of the path between the local instance and a peer. Nil if not observed yet.
package struct PathEvidence: Sendable, Hashable {
    /// The addresses and ports that the sender of an authentic datagram claims to have used, and those in the received
    /// header.
    package struct Translation: Sendable, Hashable {
        package let claimed: FourTuple
        package let observed: FourTuple

        package init(claimed: FourTuple, observed: FourTuple) {
            self.claimed = claimed
            self.observed = observed
        }
    }

    /// The received TTL or hop limit of a datagram that was sent with 255. Nil if the kernel did not report it.
    package struct Forwarding: Sendable, Hashable {
        package let hopLimit: UInt8?

        package init(hopLimit: UInt8?) {
            self.hopLimit = hopLimit
        }
    }

    /// The MTU of each end's interface, and the largest packet that the path to the peer carries: bytes of whole IP
    /// packets.
    package struct MTU: Sendable, Hashable {
        package let local: Int
        package let peer: Int
        package let carried: Int

        package init(local: Int, peer: Int, carried: Int) {
            self.local = local
            self.peer = peer
            self.carried = carried
        }
    }

    package var translation: Translation?
    package var forwarding: Forwarding?
    package var mtu: MTU?
    package var routes: PathAnalysis?
    /// The size in bytes of the largest IP fragment of a datagram from the peer. Nil if datagrams arrive whole.
    package var fragment: Int?

    package init(
        translation: Translation? = nil, forwarding: Forwarding? = nil, mtu: MTU? = nil, fragment: Int? = nil,
        routes: PathAnalysis? = nil
    ) {
        self.translation = translation
        self.forwarding = forwarding
        self.mtu = mtu
        self.fragment = fragment
        self.routes = routes
    }
}
