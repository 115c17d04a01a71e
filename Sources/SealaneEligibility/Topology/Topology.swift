import SealanePacket

/// The networks of one or more accounts as far as they are known: VPCs and what decides which way a packet takes in them, in
/// AWS's own words. Other networks can be told in the same words.
///
/// What it does not hold is unknown, not absent.
public struct Topology: Sendable, Hashable {
    // By id.
    public let vpcs: [String: VPC]
    public let subnets: [String: Subnet]
    public let routeTables: [String: RouteTable]
    public let prefixLists: [String: PrefixList]
    public let peerings: [String: PeeringConnection]
    public let transitGatewayAttachments: [String: TransitGatewayAttachment]
    public let interfaces: [String: Interface]
    public let instances: [String: Instance]
    /// By VPC, what is said of its Region: one, unless sources contradict each other.
    private let regions: [String: Set<String>]

    /// Of two things with one id the first is kept.
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

    /// The Region of a VPC, by what is told of the VPC itself and of peering connections of it. Nil: nothing is, or they
    /// contradict each other.
    public func region(ofVPC id: String) -> String? {
        let told = regionsTold(ofVPC: id)
        return told.count == 1 ? told.first : nil
    }

    /// More than one if the VPC itself and its peering connections contradict each other.
    func regionsTold(ofVPC id: String) -> Set<String> { regions[id] ?? [] }

    /// What the rules of a verdict look at in a peering connection. A Region that is not known is unknown there too.
    public func peering(_ connection: PeeringConnection) -> Peering {
        let (requester, accepter) = (connection.requester.vpc, connection.accepter.vpc)
        return Peering(
            id: connection.id, requesterVPC: requester, requesterRegion: region(ofVPC: requester) ?? "",
            accepterVPC: accepter, accepterRegion: region(ofVPC: accepter) ?? "", status: connection.status)
    }
}

extension Topology {
    public struct VPC: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let region: String
        /// Both families.
        public let cidrs: [IPPrefix]

        public init(id: String, region: String, cidrs: [IPPrefix]) {
            self.id = id
            self.region = region
            self.cidrs = cidrs
        }
    }

    public struct Subnet: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let vpc: String
        public let zone: String?
        /// Both families.
        public let cidrs: [IPPrefix]

        public init(id: String, vpc: String, zone: String? = nil, cidrs: [IPPrefix]) {
            self.id = id
            self.vpc = vpc
            self.zone = zone
            self.cidrs = cidrs
        }
    }

    public struct PrefixList: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        /// Both families.
        public let cidrs: [IPPrefix]

        public init(id: String, cidrs: [IPPrefix]) {
            self.id = id
            self.cidrs = cidrs
        }
    }

    /// A VPC peering connection as the API describes it: `Peering`, and which addresses are behind it.
    public struct PeeringConnection: Sendable, Hashable, Identifiable, Codable {
        public struct Side: Sendable, Hashable, Codable {
            public let vpc: String
            /// Nil: not told.
            public let region: String?
            /// AWS tells them of an active connection only.
            public let cidrs: [IPPrefix]

            public init(vpc: String, region: String?, cidrs: [IPPrefix]) {
                self.vpc = vpc
                self.region = region
                self.cidrs = cidrs
            }
        }

        public let id: String
        public let status: String
        public let requester: Side
        public let accepter: Side

        public init(id: String, status: String, requester: Side, accepter: Side) {
            self.id = id
            self.status = status
            self.requester = requester
            self.accepter = accepter
        }

        /// The side that is not `vpc`; nil if neither is.
        func side(across vpc: String) -> Side? {
            vpc == requester.vpc ? accepter : vpc == accepter.vpc ? requester : nil
        }
    }

    public struct TransitGatewayAttachment: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let transitGateway: String
        /// `vpc`, `vpn`, `direct-connect-gateway`, `peering`, ...
        public let resourceType: String
        public let resource: String

        public init(id: String, transitGateway: String, resourceType: String, resource: String) {
            self.id = id
            self.transitGateway = transitGateway
            self.resourceType = resourceType
            self.resource = resource
        }
    }

    public struct Instance: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let type: String?

        public init(id: String, type: String? = nil) {
            self.id = id
            self.type = type
        }
    }

    public struct Interface: Sendable, Hashable, Identifiable, Codable {
        public let id: String
        public let vpc: String
        public let subnet: String
        /// Private IPv4 and IPv6 addresses; of each family the primary one first.
        public let addresses: [IPAddress]
        /// Prefixes that are delegated to it.
        public let prefixes: [IPPrefix]
        /// As AWS names it: `interface`, `nat_gateway`, `network_load_balancer`, ...
        public let type: String
        /// Whether a service of AWS made it for its own use, as load balancers do.
        public let isRequesterManaged: Bool
        /// The instance that it is attached to.
        public let instance: String?
        /// Its place among the instance's interfaces: 0 is the primary one.
        public let deviceIndex: Int?

        public init(
            id: String, vpc: String, subnet: String, addresses: [IPAddress], prefixes: [IPPrefix] = [],
            type: String = "interface", isRequesterManaged: Bool = false, instance: String? = nil,
            deviceIndex: Int? = nil
        ) {
            self.id = id
            self.vpc = vpc
            self.subnet = subnet
            self.addresses = addresses
            self.prefixes = prefixes
            self.type = type
            self.isRequesterManaged = isRequesterManaged
            self.instance = instance
            self.deviceIndex = deviceIndex
        }

        public func has(_ address: IPAddress) -> Bool {
            addresses.contains(address) || prefixes.contains { $0.contains(address) }
        }
    }
}
