/// Why a peer is refused. The raw values are stable: the CLI, JSON, metrics and logs use them.
package enum ReasonCode: String, CaseIterable, Sendable, Codable, CustomStringConvertible {
    case localTypeUnsupported = "local-type-unsupported"
    case peerTypeUnsupported = "peer-type-unsupported"
    case regionMismatch = "region-mismatch"
    case vpcNotShared = "vpc-not-shared"
    case peeringNotActive = "peering-not-active"
    case factsUnknown = "facts-unknown"
    case identityMismatch = "identity-mismatch"
    case addressNotOwned = "address-not-owned"
    case factsUnproven = "facts-unproven"
    case certificateUntrusted = "certificate-untrusted"
    case certificateExpired = "certificate-expired"
    case certificateNotYetValid = "certificate-not-yet-valid"
    case certificateRevoked = "certificate-revoked"
    case revocationListStale = "revocation-list-stale"
    case placementUnsupported = "placement-unsupported"
    case pathDevice = "path-device"
    case pathMissing = "path-missing"
    case pathUnknown = "path-unknown"
    case pathTranslated = "path-translated"
    case pathForwarded = "path-forwarded"
    case pathMTUReduced = "path-mtu-reduced"

    package var description: String { rawValue }

    /// What the code means, in one sentence.
    package var explanation: String {
        switch self {
        case .localTypeUnsupported: "This host's instance type is not known to encrypt traffic in transit."
        case .peerTypeUnsupported: "The peer's instance type is not known to encrypt traffic in transit."
        case .regionMismatch: "The two instances are in different Regions."
        case .vpcNotShared: "The two instances are in different VPCs that no peering within one Region connects."
        case .peeringNotActive: "A peering connects the two VPCs, but it is not active."
        case .factsUnknown: "A fact that a rule needs is unknown, and unknown does not pass."
        case .identityMismatch: "Two sources of facts about an instance contradict each other."
        case .addressNotOwned: "The address does not belong to the peer."
        case .factsUnproven: "A fact has weaker proof than the policy requires."
        case .certificateUntrusted:
            "The certificate is not valid under any certificate authority that this fleet trusts."
        case .certificateExpired: "The certificate, or one on its path to the root, has expired."
        case .certificateNotYetValid: "The certificate, or one on its path to the root, is not valid yet."
        case .certificateRevoked: "The certificate, its instance, or a certificate on its path to the root was revoked."
        case .revocationListStale: "The revocation list is older than the configuration allows."
        case .placementUnsupported:
            "The instance is in a Local Zone or a Wavelength Zone, where AWS's encryption controls are not supported."
        case .pathDevice: "According to the route tables, packets between the two pass through a virtual device."
        case .pathMissing: "The route tables have no route from one of the two to the other."
        case .pathUnknown: "The path of packets between the two is unknown, and unknown does not pass."
        case .pathTranslated: "A device on the path rewrites addresses or ports: NAT, a load balancer or a proxy."
        case .pathForwarded: "A device on the path forwards packets like a router or sends them again."
        case .pathMTUReduced: "A device on the path has a smaller MTU than the interfaces of both ends."
        }
    }

    /// How to fix it.
    package var remedy: String {
        switch self {
        case .localTypeUnsupported, .peerTypeUnsupported:
            "Use an instance type that encrypts (see `sealane catalog show`), or, if all sizes of its family encrypt, "
                + "add the family to the policy's extra-families."
        case .regionMismatch: "Move both instances to the same Region, or correct the stated Region."
        case .vpcNotShared:
            "Use instances in one VPC, or list the active peering within the Region that connects these two VPCs."
        case .peeringNotActive: "Have the peering accepted, then list it with status active."
        case .factsUnknown:
            "State the missing fact under `instance` on the host it describes, or make instance metadata available there."
        case .identityMismatch:
            "Correct the fact where it is wrong: in the configuration of the host it describes, or in its peer entry here."
        case .addressNotOwned: "Use an address within the peer's `addresses`, or add the address there."
        case .factsUnproven:
            "Give the host a certificate that proves the fact (see `sealane identity` and `sealane ca`), or require less "
                + "in the policy."
        case .certificateUntrusted:
            "Have an authority of the trust bundle issue the certificate, or add its authority to the bundle."
        case .certificateExpired: "Renew the certificate; if it should still be valid, check the clocks."
        case .certificateNotYetValid: "Wait until it is valid; if it should already be valid, check the clocks."
        case .certificateRevoked: "Have a new certificate issued; a revoked instance cannot get one."
        case .revocationListStale:
            "Have the authority sign its list again (`sealane ca revoke --refresh`), copy it to the hosts, then run: sealane reload."
        case .placementUnsupported:
            "Use an instance in an Availability Zone of the Region, or correct the stated zone; or set policy.rules.placement."
        case .pathDevice:
            "Move both instances to one VPC, or peer their VPCs within the Region, and route between them through `local` "
                + "or the peering."
        case .pathMissing: "Add the missing routes in both directions, or fix the route whose target does not exist."
        case .pathUnknown:
            "Take a new snapshot of all networks between the two (see `sealane topology pull`), or complete the snapshot by hand."
        case .pathTranslated:
            "Let the hosts reach each other at their own addresses and use these as endpoints; or relax policy.path.translation."
        case .pathForwarded:
            "Connect the hosts without routers in between; if routers of the network itself decrement the TTL, allow that "
                + "number in policy.path.hops."
        case .pathMTUReduced:
            "Remove the device from the path; if the network itself has the smaller MTU, set both interfaces to that MTU, "
                + "or relax policy.path.mtu."
        }
    }

    /// The code's number in an encoded list of reasons. Never reuse a number.
    var number: UInt8 {
        switch self {
        case .localTypeUnsupported: 1
        case .peerTypeUnsupported: 2
        case .regionMismatch: 3
        case .vpcNotShared: 4
        case .peeringNotActive: 5
        case .factsUnknown: 6
        case .identityMismatch: 7
        case .addressNotOwned: 8
        case .certificateUntrusted: 9
        case .certificateExpired: 10
        case .certificateNotYetValid: 11
        case .certificateRevoked: 12
        case .revocationListStale: 26
        case .placementUnsupported: 27
        case .factsUnproven: 13
        case .pathDevice: 14
        case .pathMissing: 15
        case .pathUnknown: 16
        case .pathTranslated: 17
        case .pathForwarded: 18
        case .pathMTUReduced: 19
        }
    }

    init?(number: UInt8) {
        guard let code = Self.allCases.first(where: { $0.number == number }) else { return nil }
        self = code
    }
}
