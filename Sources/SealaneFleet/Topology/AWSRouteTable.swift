import SealaneEligibility
import SealanePacket

struct AWSRouteTable: AWSResource {
    static let command = "describe-route-tables"
    static let list = "routeTables"

    struct Association: Decodable {
        struct State: Decodable {
            let state: String?
        }

        let main: Bool?
        let subnetId: String?
        let associationState: State?
    }

    let routeTableId: String
    let vpcId: String
    let associations: [Association]?
    let routes: [AWSRoute]?

    /// - Parameter subnets: the ids of those that are known. A participant in a shared VPC sees only some.
    func table(of subnets: Set<String>) -> Topology.RouteTable {
        // Those with a gateway are for what enters from outside.
        let associations = (associations ?? []).filter { association in
            association.subnetId.map(subnets.contains) ?? (association.main == true)
        }
        return Topology.RouteTable(
            id: routeTableId, vpc: vpcId,
            associations: associations.map { association in
                Topology.RouteTable.Association(
                    subnet: association.subnetId, isMain: association.main ?? false,
                    state: association.associationState?.state ?? "associated")
            }, routes: (routes ?? []).map(\.route))
    }
}

/// `Route`: which member has the target tells its kind, and new members come with new kinds. Hence every member that is not known
/// is taken for the target, which is then of no known kind.
struct AWSRoute: Decodable {
    let route: Topology.Route

    /// Of several, the first is the target: what is a device for certain comes before what may be none. An interface comes with
    /// its instance, and with the next hop of a route server's route.
    private static let targets = [
        "natGatewayId", "transitGatewayId", "egressOnlyInternetGatewayId", "localGatewayId", "carrierGatewayId",
        "coreNetworkArn", "odbNetworkArn", "networkInterfaceId", "ipAddress", "instanceId", "vpcPeeringConnectionId",
        "gatewayId",
    ]
    private static let destinations = ["destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"]
    private static let others = ["origin", "state", "instanceOwnerId"]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AWSMember.self)
        func text(_ name: String) throws -> String? {
            try container.decodeIfPresent(String.self, forKey: AWSMember(stringValue: name))
        }
        let known = Self.targets + Self.destinations + Self.others
        let unknown = container.allKeys.map(\.stringValue).filter { !known.contains($0) }.min()
        let target = try unknown ?? Self.targets.lazy.compactMap { try text($0) }.first ?? "none"
        let destination: Topology.Route.Destination
        if let list = try text("destinationPrefixListId") {
            destination = .prefixList(list)
        } else {
            let name = try text("destinationCidrBlock") == nil ? "destinationIpv6CidrBlock" : "destinationCidrBlock"
            destination = .prefix(try container.decode(IPPrefix.self, forKey: AWSMember(stringValue: name)))
        }
        route = Topology.Route(
            destination: destination, target: RouteTarget(target), origin: try text("origin") ?? "unknown",
            state: try text("state") ?? "unknown")
    }
}
