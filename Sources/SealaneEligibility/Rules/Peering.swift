/// A VPC peering connection. It connects exactly two VPCs, without transit.
///
/// Source: Amazon VPC peering guide, `DescribeVpcPeeringConnections`.
public struct Peering: Sendable, Hashable {
    /// The status codes that AWS documents. Only `active` carries traffic; unknown codes count as inactive.
    public static let statusCodes = [
        "initiating-request", "pending-acceptance", "active", "provisioning", "deleting", "deleted", "rejected",
        "failed", "expired",
    ]

    /// `pcx-...`
    public let id: String
    public let requesterVPC: String
    public let requesterRegion: String
    public let accepterVPC: String
    public let accepterRegion: String
    /// The status code as AWS writes it; text, so that an unknown code is refused and displayed.
    public let status: String

    public init(
        id: String, requesterVPC: String, requesterRegion: String, accepterVPC: String, accepterRegion: String,
        status: String
    ) {
        self.id = id
        self.requesterVPC = requesterVPC
        self.requesterRegion = requesterRegion
        self.accepterVPC = accepterVPC
        self.accepterRegion = accepterRegion
        self.status = status
    }

    /// A peering connection within one Region.
    public init(id: String, requesterVPC: String, accepterVPC: String, region: String, status: String) {
        self.init(
            id: id, requesterVPC: requesterVPC, requesterRegion: region, accepterVPC: accepterVPC,
            accepterRegion: region, status: status)
    }

    public var isActive: Bool { status == "active" }

    /// AWS encrypts inter-Region peering traffic between the Regions, but not between the instances.
    public var isWithinOneRegion: Bool { !requesterRegion.isEmpty && requesterRegion == accepterRegion }

    /// Whether it connects these two VPCs, in either order.
    public func joins(_ first: String, _ second: String) -> Bool {
        (requesterVPC == first && accepterVPC == second) || (requesterVPC == second && accepterVPC == first)
    }
}
