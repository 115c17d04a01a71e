import SealaneEligibility
import SealanePacket

/// `Route`. The member that has the target determines the target's kind, and new kinds come with new members. Therefore
/// an unknown member counts as the target, of unknown kind.
struct AWSRoute: Decodable {
    let route: Topology.Route

    /// If several are present, the first is the target: members that certainly name a device come before those that may
    /// not. An interface occurs together with its instance, and with the next hop of a route server's route.
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
