/// The known networks of one or more accounts: VPCs and everything that determines the path of packets in them, in
/// AWS's vocabulary. Other networks can be described in the same words.
///
/// Anything it does not contain is unknown, not absent.
package struct Topology: Sendable, Hashable {
    // By ID.
    package let vpcs: [String: VPC]
    package let subnets: [String: Subnet]
    package let routeTables: [String: RouteTable]
    package let prefixLists: [String: PrefixList]
    package let peerings: [String: PeeringConnection]
    package let transitGatewayAttachments: [String: TransitGatewayAttachment]
    package let interfaces: [String: Interface]
    package let instances: [String: Instance]
    /// The Regions stated for each VPC: one, unless sources contradict each other.
    private let regions: [String: Set<String>]

    /// If two elements have the same ID, the first is kept.
    package init(
        vpcs: [VPC] = [], subnets: [Subnet] = [], routeTables: [RouteTable] = [], prefixLists: [PrefixList] = [],
        peerings: [PeeringConnection] = [], transitGatewayAttachments: [TransitGatewayAttachment] = [],
        interfaces: [Interface] = [], instances: [Instance] = []
    ) {
        func byID<Element: Identifiable<String>>(_ elements: [Element]) -> [String: Element] {
            Dictionary(elements.map { ($0.id, $0) }) { first, _ in first }
        }
        self.vpcs = byID(vpcs)
        self.subnets = byID(subnets)
        self.routeTables = byID(routeTables)
        self.prefixLists = byID(prefixLists)
        self.peerings = byID(peerings)
        self.transitGatewayAttachments = byID(transitGatewayAttachments)
        self.interfaces = byID(interfaces)
        self.instances = byID(instances)
        var regions: [String: Set<String>] = [:]
        for vpc in vpcs where !vpc.region.isEmpty { regions[vpc.id, default: []].insert(vpc.region) }
        for side in peerings.flatMap({ [$0.requester, $0.accepter] }) {
            if let region = side.region, !region.isEmpty { regions[side.vpc, default: []].insert(region) }
        }
        self.regions = regions
    }

    /// The Region of a VPC, from the VPC itself and its peering connections. Nil if neither states one, or they contradict
    /// each other.
    package func region(ofVPC id: String) -> String? {
        let stated = statedRegions(ofVPC: id)
        return stated.count == 1 ? stated.first : nil
    }

    /// Several if the VPC and its peering connections contradict each other.
    func statedRegions(ofVPC id: String) -> Set<String> { regions[id] ?? [] }

    /// A peering connection in the form that the rules use. An unknown Region becomes empty, which no rule accepts.
    package func peering(_ connection: PeeringConnection) -> Peering {
        let (requester, accepter) = (connection.requester.vpc, connection.accepter.vpc)
        return Peering(
            id: connection.id, requesterVPC: requester, requesterRegion: region(ofVPC: requester) ?? "",
            accepterVPC: accepter, accepterRegion: region(ofVPC: accepter) ?? "", status: connection.status)
    }
}
