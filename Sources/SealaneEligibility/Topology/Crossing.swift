import SealanePacket

/// What happens to a packet from one end to the other on a route that it takes.
struct Crossing {
    let topology: Topology
    /// The first end's interface.
    let from: Topology.Interface
    let start: PathEnd
    let end: PathEnd
    /// The location of the route, for reasons.
    let source: String

    /// Nil if the packet arrives without passing through a device.
    func reason(_ route: Topology.Route) -> Reason? {
        let path = "\(start.name) to \(end.name): \(route.destination) by \(route.target)"
        func reason(_ code: ReasonCode, _ observed: String, _ required: String) -> Reason {
            Reason(code: code, observed: "\(path), \(observed)", required: required, source: source)
        }
        switch route.state {
        case "active": break
        // The target does not exist (blackhole: a detached gateway or a terminated instance), or the route is not in
        // use (filtered). docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html, `state`
        case "blackhole", "filtered": return reason(.pathMissing, route.state, "a route in state active")
        default: return reason(.pathUnknown, "state \(route.state)", "a route in state active")
        }
        switch route.target.kind {
        case .local: return localReason(reason)
        case .peering: return peeringReason(route.target.description, reason)
        // An interface receives packets only from its own VPC.
        case .interface where route.target.description == end.interface?.id && from.vpc == end.interface?.vpc:
            return nil
        default: return reason(.pathDevice, deviceName(route.target), "a target that is not a device")
        }
    }

    private typealias MakeReason = (ReasonCode, _ observed: String, _ required: String) -> Reason

    /// A `local` route carries packets within the VPC.
    ///
    /// Source: docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html, "Routes".
    private func localReason(_ reason: MakeReason) -> Reason? {
        // An address without a known interface is a reason in `endReason`.
        guard let far = end.interface, far.vpc != from.vpc else { return nil }
        return reason(.pathMissing, "within \(from.vpc); the far end is in \(far.vpc)", "a route to \(far.vpc)")
    }

    /// An active peering connection carries packets between its two VPCs only: neither through one of them to a third
    /// network, nor to its gateways. EC2 does not encrypt between Regions.
    ///
    /// Source: docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html, "VPC peering connection lifecycle" and
    /// "VPC peering limitations".
    private func peeringReason(_ id: String, _ reason: MakeReason) -> Reason? {
        guard let connection = topology.peerings[id] else {
            return reason(.pathUnknown, "which is not in the topology", "the peering connection's status and VPCs")
        }
        guard connection.status == "active" else {
            return reason(.pathMissing, "which is \(connection.status)", "status active")
        }
        guard let far = connection.side(across: from.vpc) else {
            return reason(
                .pathUnknown, "which connects \(connection.requester.vpc) and \(connection.accepter.vpc)",
                "a peering connection of \(from.vpc)")
        }
        let (near, other) = (topology.statedRegions(ofVPC: from.vpc), topology.statedRegions(ofVPC: far.vpc))
        guard !near.isEmpty, !other.isEmpty else {
            return reason(.pathUnknown, "with unknown Regions", "a peering connection within one Region")
        }
        guard near.count == 1, near == other else {
            let stated = [near, other].map { $0.sorted().joined(separator: " or ") }
            return reason(
                .regionMismatch, "between \(stated.joined(separator: " and "))",
                "a peering connection within one Region")
        }
        if let interface = end.interface, interface.vpc != far.vpc {
            return reason(
                .pathMissing, "to \(far.vpc); the far end is in \(interface.vpc)",
                "a peering connection between the two VPCs: peering is not transitive")
        }
        let cidrs = far.cidrs.isEmpty ? topology.vpcs[far.vpc]?.cidrs ?? [] : far.cidrs
        guard cidrs.contains(where: { $0.contains(end.address) }) else {
            let held = cidrs.isEmpty ? "no known CIDRs" : cidrs.map(\.description).joined(separator: ", ")
            return reason(
                cidrs.isEmpty ? .pathUnknown : .pathMissing, "to \(far.vpc), which has \(held)",
                "an address of the peered VPC")
        }
        return nil
    }

    /// The kind of device and, if known, what it connects.
    private func deviceName(_ target: RouteTarget) -> String {
        let kind = target.kind.rawValue
        switch target.kind {
        case .transitGateway:
            let joined = topology.transitGatewayAttachments.values
                .filter { $0.transitGateway == target.description }.map(\.resource).sorted()
            return joined.isEmpty ? kind : "\(kind) of \(joined.joined(separator: ", "))"
        case .interface:
            guard let interface = topology.interfaces[target.description] else { return kind }
            return interface.instance.map { "\(kind) of \($0)" } ?? "\(kind), type \(interface.type)"
        default: return kind
        }
    }
}
