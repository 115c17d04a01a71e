import SealaneEligibility
import SealaneTunnel

extension PathEvidence {
    /// The tunnel's observation, as rules evaluate it.
    init(_ observation: PathObservation) {
        self.init(
            translation: (observation.mismatch?.translation ?? observation.translation)
                .map { Translation(claimed: $0.claimed, observed: $0.observed) },
            forwarding: (observation.mismatch?.forwarding ?? observation.forwarding)
                .map { Forwarding(hopLimit: $0.hopLimit == 0 ? nil : $0.hopLimit) },
            mtu: observation.mtu.map { MTU(local: $0.ofThisHost, peer: $0.statedByPeer, carried: $0.carried) },
            fragment: (observation.mismatch?.fragmentation ?? observation.fragmentation)?.byteCount)
    }
}
