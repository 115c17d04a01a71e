import SealanePacket

/// What a packet from one end to the other meets behind a route that it takes.
struct Crossing {
    let topology: Topology
    /// That of the first end.
    let from: Topology.Interface
    let start: PathEnd
    let end: PathEnd
    /// Where the route stands, for reasons.
    let source: String

    /// Nil: it arrives, and passes no device.
    func reason(_ route: Topology.Route) -> Reason? {
        let way = "\(start.name) to \(end.name): \(route.destination) by \(route.target)"
        func reason(_ code: ReasonCode, _ observed: String, _ required: String) -> Reason {
            Reason(code: code, observed: "\(way), \(observed)", required: required, source: source)
        }
        switch route.state {
        case "active": break
        // The target is not there: a gateway that was detached, an instance that was terminated; a filtered route is not in use.
        // docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html, `state`
        case "blackhole", "filtered": return reason(.pathMissing, route.state, "a route in state active")
        default: return reason(.pathUnknown, "state \(route.state)", "a route in state active")
        }
        switch route.target.kind {
        case .local: return localReason(reason)
        case .peering: return peeringReason(route.target.description, reason)
        // An interface takes packets of its own VPC alone.
        case .interface where route.target.description == end.interface?.id && from.vpc == end.interface?.vpc:
            return nil
        default: return reason(.pathDevice, deviceName(route.target), "a target that is no device")
        }
    }

    private typealias MakeReason = (ReasonCode, _ observed: String, _ required: String) -> Reason

    /// A `local` route carries within the VPC.
    ///
    /// Source: docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html, "Routes".
    private func localReason(_ reason: MakeReason) -> Reason? {
        // Who has an address that nobody is known to have, is asked of the end.
        guard let far = end.interface, far.vpc != from.vpc else { return nil }
        return reason(.pathMissing, "within \(from.vpc); the far end is in \(far.vpc)", "a route to \(far.vpc)")
    }

    /// A peering connection carries between its two VPCs alone, once it is active: there is no way through one of them to a third
    /// network, nor to the gateways of one. Between Regions EC2 does not encrypt.
    ///
    /// Source: docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html, "VPC peering connection lifecycle" and
    /// "VPC peering limitations".
    private func peeringReason(_ id: String, _ reason: MakeReason) -> Reason? {
        guard let connection = topology.peerings[id] else {
            return reason(.pathUnknown, "of which nothing is known", "the peering connection's state and sides")
        }
        guard connection.status == "active" else {
            return reason(.pathMissing, "which is \(connection.status)", "status active")
        }
        guard let far = connection.side(across: from.vpc) else {
            return reason(
                .pathUnknown, "which joins \(connection.requester.vpc) and \(connection.accepter.vpc)",
                "a peering connection of \(from.vpc)")
        }
        let (near, other) = (topology.regionsTold(ofVPC: from.vpc), topology.regionsTold(ofVPC: far.vpc))
        guard !near.isEmpty, !other.isEmpty else {
            return reason(.pathUnknown, "whose Regions are not known", "a peering connection within one Region")
        }
        guard near.count == 1, near == other else {
            let told = [near, other].map { $0.sorted().joined(separator: " or ") }
            return reason(
                .regionMismatch, "between \(told.joined(separator: " and "))", "a peering connection within one Region")
        }
        if let interface = end.interface, interface.vpc != far.vpc {
            return reason(
                .pathMissing, "to \(far.vpc); the far end is in \(interface.vpc)",
                "a peering connection of both VPCs: peering is not transitive")
        }
        let cidrs = far.cidrs.isEmpty ? topology.vpcs[far.vpc]?.cidrs ?? [] : far.cidrs
        guard cidrs.contains(where: { $0.contains(end.address) }) else {
            let held = cidrs.isEmpty ? "nothing that is known" : cidrs.map(\.description).joined(separator: ", ")
            return reason(
                cidrs.isEmpty ? .pathUnknown : .pathMissing, "to \(far.vpc), which has \(held)",
                "an address of the peered VPC")
        }
        return nil
    }

    /// What the device is, and where that is known, what it joins.
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
