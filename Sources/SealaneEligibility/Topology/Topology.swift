/// The known networks of one or more accounts: VPCs and everything that determines the path of packets in them, in
/// AWS's terms. Other networks can be described in the same terms.
///
/// Anything it does not contain is unknown, not absent.
public struct Topology: Sendable, Hashable {
    // By ID.
    public let vpcs: [String: VPC]
    public let subnets: [String: Subnet]
    public let routeTables: [String: RouteTable]
    public let prefixLists: [String: PrefixList]
    public let peerings: [String: PeeringConnection]
    public let transitGatewayAttachments: [String: TransitGatewayAttachment]
    public let interfaces: [String: Interface]
    public let instances: [String: Instance]
    /// The Regions stated for each VPC: one, unless sources contradict each other.
    private let regions: [String: Set<String>]

    /// If two elements have the same ID, the first is kept.
    public init(
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

    /// The Region of a VPC, from the VPC itself and its peering connections. Nil if none is stated or they contradict
    /// each other.
    public func region(ofVPC id: String) -> String? {
        let stated = statedRegions(ofVPC: id)
        return stated.count == 1 ? stated.first : nil
    }

    /// Several if the VPC and its peering connections contradict each other.
    func statedRegions(ofVPC id: String) -> Set<String> { regions[id] ?? [] }

    /// A peering connection in the form that the rules use. An unknown Region becomes empty, which no rule accepts.
    public func peering(_ connection: PeeringConnection) -> Peering {
        let (requester, accepter) = (connection.requester.vpc, connection.accepter.vpc)
        return Peering(
            id: connection.id, requesterVPC: requester, requesterRegion: region(ofVPC: requester) ?? "",
            accepterVPC: accepter, accepterRegion: region(ofVPC: accepter) ?? "", status: connection.status)
    }
}
