import SealaneEligibility
import SealaneTunnel

extension PathEvidence {
    /// What the tunnel saw, as it is judged.
    init(_ sightings: PathSightings) {
        self.init(
            translation: (sightings.detour?.translation ?? sightings.translation)
                .map { Translation(claimed: $0.claimed, observed: $0.observed) },
            forwarding: (sightings.detour?.forwarding ?? sightings.forwarding)
                .map { Forwarding(hopLimit: $0.hopLimit == 0 ? nil : $0.hopLimit) },
            mtu: sightings.mtu.map { MTU(local: $0.ofThisHost, peer: $0.statedByPeer, carried: $0.carried) },
            fragment: (sightings.detour?.fragmentation ?? sightings.fragmentation)?.byteCount)
    }
}

extension PathSightings {
    /// Whether both are of one handshake's datagram.
    func isOfOneHandshake(as other: PathSightings) -> Bool {
        translation == other.translation && forwarding == other.forwarding && fragmentation == other.fragmentation
    }
}
