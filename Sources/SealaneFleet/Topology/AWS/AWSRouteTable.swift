import SealaneEligibility

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

    /// - Parameter subnets: the IDs of the known subnets. A participant in a shared VPC sees only some.
    func table(of subnets: Set<String>) -> Topology.RouteTable {
        // Skips associations with a gateway: they apply to packets that enter from outside.
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
