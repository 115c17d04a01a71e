/// Why a peer is refused. The raw values are stable: CLI, JSON, metrics, logs and the flow log all use them.
public enum ReasonCode: String, CaseIterable, Sendable, Codable, CustomStringConvertible {
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

    public var description: String { rawValue }

    /// What happened, in one sentence.
    public var explanation: String {
        switch self {
        case .localTypeUnsupported: "This host's instance type is not known to encrypt traffic in transit."
        case .peerTypeUnsupported: "The peer's instance type is not known to encrypt traffic in transit."
        case .regionMismatch: "The two instances are in different Regions."
        case .vpcNotShared: "The two instances are in different VPCs that no peering within one Region joins."
        case .peeringNotActive: "A peering joins the two VPCs, but it is not active."
        case .factsUnknown: "A fact that a rule needs is not known, and unknown is not a pass."
        case .identityMismatch: "What one source says of an instance contradicts what a better one says of it."
        case .addressNotOwned: "The address does not belong to the peer."
        case .factsUnproven: "A fact is not proven as well as the policy asks."
        case .certificateUntrusted: "No certificate authority that this fleet trusts vouches for the certificate."
        case .certificateExpired: "The certificate, or one that vouches for it, is no longer valid."
        case .certificateNotYetValid: "The certificate, or one that vouches for it, is not valid yet."
        case .certificateRevoked: "The certificate, or one that vouches for it, was revoked."
        case .revocationListStale: "The revocation list is older than the configuration allows."
        case .placementUnsupported:
            "The instance is in a Local Zone or a Wavelength Zone, where AWS's encryption controls are not supported."
        case .pathDevice: "Packets between the two pass a virtual device, by the route tables."
        case .pathMissing: "The route tables have no way from one of the two to the other."
        case .pathUnknown: "It is not known which way packets between the two take, and unknown is not a pass."
        case .pathTranslated: "Something on the path rewrites addresses or ports: NAT, a load balancer or a proxy."
        case .pathForwarded: "Something on the path forwards packets as a router does, or sends them anew."
        case .pathMTUReduced: "Something on the path carries less than the interfaces of both ends."
        }
    }

    /// What would be right.
    public var remedy: String {
        switch self {
        case .localTypeUnsupported, .peerTypeUnsupported:
            "Use an instance type that encrypts (see `sealane catalog show`), or, if all sizes of its family do encrypt, "
                + "name the family in the policy's extra-families."
        case .regionMismatch: "Move both instances to one Region, or correct the stated Region."
        case .vpcNotShared:
            "Use instances of one VPC, or list the active peering within one Region that joins exactly these two VPCs."
        case .peeringNotActive: "Have the peering accepted, then list it with status active."
        case .factsUnknown:
            "State the missing fact under `instance` of the host it belongs to, or have instance metadata answer there."
        case .identityMismatch:
            "Correct the fact where it is wrong: in the config of the host that it is about, or in its entry here."
        case .addressNotOwned: "Use an address within the peer's `addresses`, or add the address to them."
        case .factsUnproven:
            "Give the host a certificate that proves the fact (see `sealane identity` and `sealane ca`), or ask for less in "
                + "the policy."
        case .certificateUntrusted:
            "Have the certificate issued by an authority of the trust bundle, or add its authority to the bundle."
        case .certificateExpired: "Renew the certificate; if it should be valid still, set the clocks."
        case .certificateNotYetValid: "Wait until it is valid; if it should be valid already, set the clocks."
        case .certificateRevoked: "Have a new certificate issued; for a revoked instance there is none."
        case .revocationListStale:
            "Have the authority sign its list again (`sealane ca revoke --refresh`), put it on the hosts, then: sealane reload."
        case .placementUnsupported:
            "Use an instance in an Availability Zone of the Region, or correct the stated zone; or set policy.rules.placement."
        case .pathDevice:
            "Put both instances into one VPC, or peer their VPCs within the Region, and route between them by `local` or the "
                + "peering."
        case .pathMissing: "Add the missing route, in both directions, or mend the one that leads nowhere."
        case .pathUnknown:
            "Take a new snapshot of all that lies between the two (see `sealane topology pull`), or complete the one by hand."
        case .pathTranslated:
            "Let the hosts reach each other at their own addresses, and name these as endpoints; or relax policy.path.translation."
        case .pathForwarded:
            "Connect the hosts without a router of their own between them; where the network itself has routers that decrement "
                + "the TTL, allow as many in policy.path.hops."
        case .pathMTUReduced:
            "Take the device out of the path; if nothing but the network itself is in it, set both interfaces to the MTU that it "
                + "carries, or relax policy.path.mtu."
        }
    }

    /// The code's number in an encoded list of reasons. Never reused.
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
