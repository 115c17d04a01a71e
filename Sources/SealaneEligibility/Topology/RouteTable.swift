import SealanePacket

extension Topology {
    /// Source: EC2 API reference, `RouteTable`, `RouteTableAssociation`
    /// (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html).
    public struct RouteTable: Sendable, Hashable, Identifiable, Codable {
        /// For whose packets the table stands: for a subnet's, or as its VPC's main table for those of every subnet that names
        /// no table itself.
        public struct Association: Sendable, Hashable, Codable {
            public let subnet: String?
            public let isMain: Bool
            /// Only `associated` is in force for certain.
            public let state: String

            public init(subnet: String? = nil, isMain: Bool = false, state: String = "associated") {
                self.subnet = subnet
                self.isMain = isMain
                self.state = state
            }
        }

        public let id: String
        public let vpc: String
        public let associations: [Association]
        public let routes: [Route]

        public init(id: String, vpc: String, associations: [Association], routes: [Route]) {
            self.id = id
            self.vpc = vpc
            self.associations = associations
            self.routes = routes
        }
    }

    /// Source: EC2 API reference, `Route` (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html).
    public struct Route: Sendable, Hashable, Codable {
        public enum Destination: Sendable, Hashable, CustomStringConvertible {
            case prefix(IPPrefix)
            /// `pl-...`
            case prefixList(String)

            public var description: String {
                switch self {
                case .prefix(let prefix): "\(prefix)"
                case .prefixList(let id): id
                }
            }
        }

        public let destination: Destination
        public let target: RouteTarget
        /// How it came into the table, as AWS names it: `CreateRouteTable` and `CreateRoute` are static routes,
        /// `EnableVgwRoutePropagation` is a propagated one.
        public let origin: String
        /// `active`, `blackhole` or `filtered`; kept as text so that a new state is refused and shown, not misread.
        public let state: String

        public init(
            destination: Destination, target: RouteTarget, origin: String = "CreateRoute", state: String = "active"
        ) {
            self.destination = destination
            self.target = target
            self.origin = origin
            self.state = state
        }
    }
}

/// Where a route sends packets: an id of AWS's, `local`, or whatever else stands there.
public struct RouteTarget: Sendable, Hashable, CustomStringConvertible {
    /// What an id names, by its form.
    public enum Kind: String, Sendable, CaseIterable {
        case local
        case peering = "VPC peering connection"
        case interface = "network interface"
        case natGateway = "NAT gateway"
        case transitGateway = "transit gateway"
        case virtualPrivateGateway = "virtual private gateway"
        case internetGateway = "internet gateway"
        case egressOnlyInternetGateway = "egress-only internet gateway"
        case endpoint = "VPC endpoint"
        case localGateway = "local gateway"
        case carrierGateway = "carrier gateway"
        case coreNetwork = "core network"
        case odbNetwork = "ODB network"
        case instance
        case nextHop = "next hop"
        /// Everything else. A device, as far as anybody knows.
        case unknown = "unknown kind of target"
    }

    public let description: String

    public init(_ text: String) {
        description = text
    }

    public var kind: Kind {
        if description == "local" { return .local }
        let prefixes: [(String, Kind)] = [
            ("pcx-", .peering), ("eni-", .interface), ("nat-", .natGateway), ("tgw-", .transitGateway),
            ("vgw-", .virtualPrivateGateway), ("igw-", .internetGateway), ("eigw-", .egressOnlyInternetGateway),
            ("vpce-", .endpoint), ("lgw-", .localGateway), ("cagw-", .carrierGateway), ("i-", .instance),
        ]
        if let known = prefixes.first(where: { description.hasPrefix($0.0) }) { return known.1 }
        // arn:partition:service:region:account:resource
        let parts = description.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        if parts.count == 6, parts[0] == "arn" {
            if parts[2] == "networkmanager", parts[5].hasPrefix("core-network/") { return .coreNetwork }
            if parts[2] == "odb", parts[5].hasPrefix("odb-network/") { return .odbNetwork }
        }
        return IPAddress(description) == nil ? .unknown : .nextHop
    }
}
