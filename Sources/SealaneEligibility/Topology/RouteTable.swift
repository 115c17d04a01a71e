import SealanePacket

extension Topology {
    /// Source: EC2 API reference, `RouteTable`, `RouteTableAssociation`
    /// (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RouteTable.html).
    package struct RouteTable: Sendable, Hashable, Identifiable, Codable {
        /// Which packets use the table: those of a subnet or, for a main table, those of all subnets of the VPC without
        /// an association.
        package struct Association: Sendable, Hashable, Codable {
            package let subnet: String?
            package let isMain: Bool
            /// Only `associated` is certainly in effect.
            package let state: String

            package init(subnet: String? = nil, isMain: Bool = false, state: String = "associated") {
                self.subnet = subnet
                self.isMain = isMain
                self.state = state
            }
        }

        package let id: String
        package let vpc: String
        package let associations: [Association]
        package let routes: [Route]

        package init(id: String, vpc: String, associations: [Association], routes: [Route]) {
            self.id = id
            self.vpc = vpc
            self.associations = associations
            self.routes = routes
        }
    }

    /// Source: EC2 API reference, `Route` (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html).
    package struct Route: Sendable, Hashable, Codable {
        package enum Destination: Sendable, Hashable, CustomStringConvertible {
            case prefix(IPPrefix)
            /// `pl-...`
            case prefixList(String)

            package var description: String {
                switch self {
                case .prefix(let prefix): "\(prefix)"
                case .prefixList(let id): id
                }
            }
        }

        package let destination: Destination
        package let target: RouteTarget
        /// The origin as AWS writes it: `CreateRouteTable` and `CreateRoute` are static routes,
        /// `EnableVgwRoutePropagation` is a propagated one.
        package let origin: String
        /// `active`, `blackhole` or `filtered`; text, so that an unknown state is refused and displayed.
        package let state: String

        package init(
            destination: Destination, target: RouteTarget, origin: String = "CreateRoute", state: String = "active"
        ) {
            self.destination = destination
            self.target = target
            self.origin = origin
            self.state = state
        }
    }
}
