import SealaneEligibility

extension ReasonCode {
    /// What would be right, in words for whoever runs the hosts.
    public var remedy: String {
        switch self {
        case .localTypeUnsupported:
            "run this host on a type that encrypts (sealane catalog list), or name its family in policy.extra-families"
        case .peerTypeUnsupported:
            "run the peer on a type that encrypts (sealane catalog list), or name its family in policy.extra-families"
        case .regionMismatch:
            "put both hosts in one Region; traffic between Regions is not covered"
        case .vpcNotShared:
            "put both hosts in one VPC, or join their VPCs by a peering and name it in policy.peerings"
        case .peeringNotActive:
            "accept or restore the peering, then set its status in policy.peerings to active"
        case .factsUnknown:
            "state the fact in the configuration: instance for this host, peers[].instance for the peer"
        case .addressNotOwned:
            "send from an address of the peer, or name the address in the peer's addresses"
        }
    }
}
