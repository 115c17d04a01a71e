/// A VPC peering connection. It connects exactly two VPCs, without transit.
///
/// Source: Amazon VPC peering guide, `DescribeVpcPeeringConnections`.
package struct Peering: Sendable, Hashable {
    /// The status codes that AWS documents. Only `active` carries traffic; unknown codes count as inactive.
    package static let statusCodes = [
        "initiating-request", "pending-acceptance", "active", "provisioning", "deleting", "deleted", "rejected",
        "failed", "expired",
    ]

    /// `pcx-...`
    package let id: String
    package let requesterVPC: String
    package let requesterRegion: String
    package let accepterVPC: String
    package let accepterRegion: String
    /// The status code as AWS writes it; text, so that an unknown code is refused and displayed.
    package let status: String

    package init(
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
    package init(id: String, requesterVPC: String, accepterVPC: String, region: String, status: String) {
        self.init(
            id: id, requesterVPC: requesterVPC, requesterRegion: region, accepterVPC: accepterVPC,
            accepterRegion: region, status: status)
    }

    package var isActive: Bool { status == "active" }

    /// AWS encrypts inter-Region peering traffic between the Regions, but not between the instances.
    package var isWithinOneRegion: Bool { !requesterRegion.isEmpty && requesterRegion == accepterRegion }

    /// Whether it connects these two VPCs, in either order.
    package func joins(_ first: String, _ second: String) -> Bool {
        (requesterVPC == first && accepterVPC == second) || (requesterVPC == second && accepterVPC == first)
    }
}
