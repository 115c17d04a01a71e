import SealanePacket

extension Topology {
    /// Source: EC2 API reference, `RouteTable`, `RouteTableAssociation`
    /// (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html).
    public struct RouteTable: Sendable, Hashable, Identifiable, Codable {
        /// Which packets use the table: those of a subnet or, for a main table, those of all subnets of the VPC without
        /// an association.
        public struct Association: Sendable, Hashable, Codable {
            public let subnet: String?
            public let isMain: Bool
            /// Only `associated` is certainly in effect.
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
        /// The origin as AWS writes it: `CreateRouteTable` and `CreateRoute` are static routes,
        /// `EnableVgwRoutePropagation` is a propagated one.
        public let origin: String
        /// `active`, `blackhole` or `filtered`; text, so that an unknown state is refused and displayed.
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
