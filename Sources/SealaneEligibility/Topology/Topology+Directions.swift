import SealanePacket

extension Topology {
    /// How packets are routed. Route tables apply only to packets that leave a subnet. Packets between interfaces of
    /// one subnet go to the other interface's MAC address
    /// (docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html, "Rules and considerations").
    func direction(from start: PathEnd, to end: PathEnd) -> PathDirection {
        func direction(_ course: PathDirection.Course, _ reasons: [Reason]) -> PathDirection {
            PathDirection(from: start, to: end, course: course, reasons: reasons)
        }
        func unknown(_ observed: String, _ required: String, _ source: String) -> PathDirection {
            let reason = Reason(
                code: .pathUnknown, observed: "\(start.name) to \(end.name): \(observed)", required: required,
                source: "topology, \(source)")
            return direction(.unknown, [reason])
        }
        guard let interface = start.interface else {
            return unknown("the source subnet is unknown", "the interface that has \(start.address)", "interfaces")
        }
        // Otherwise an interface in an unlisted subnet, such as a misspelled one, would use the main table.
        guard subnets[interface.subnet]?.vpc == interface.vpc else {
            return unknown(
                "\(interface.subnet) is not in the topology of \(interface.vpc)", "the subnet of \(interface.id)",
                "subnets")
        }
        if let far = end.interface, far.subnet == interface.subnet, far.vpc == interface.vpc {
            return direction(.withinSubnet(interface.subnet), [])
        }
        let table: RouteTable
        let isMain: Bool
        switch routeTable(ofSubnet: interface.subnet, vpc: interface.vpc) {
        case .unknown(let observed):
            return unknown(observed, "one route table, associated with the subnet or main", interface.subnet)
        case .table(let found, let main): (table, isMain) = (found, main)
        }
        let source = "topology, \(table.id)\(isMain ? " (main)" : "") of \(interface.subnet)"
        switch choice(in: table, for: end.address) {
        case .unknown(let what):
            return unknown("unknown: \(what)", "the entries of every prefix list in the table", table.id)
        case .none:
            let reason = Reason(
                code: .pathMissing, observed: "\(start.name) to \(end.name): no route in \(table.id)",
                required: "a route to \(end.name)", source: source)
            return direction(.routed(table: table.id, isMain: isMain, routes: []), [reason])
        case .routes(let routes):
            let crossing = Crossing(topology: self, from: interface, start: start, end: end, source: source)
            return direction(
                .routed(table: table.id, isMain: isMain, routes: routes), routes.compactMap { crossing.reason($0) })
        }
    }

    /// The route table of a subnet.
    package enum RouteTableLookup {
        case table(RouteTable, isMain: Bool)
        /// Why it cannot be determined.
        case unknown(String)
    }

    /// The route table that a subnet is associated with, otherwise its VPC's main table: implicit associations are not
    /// listed.
    ///
    /// Source: docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html, "Subnet route table association".
    package func routeTable(ofSubnet subnet: String, vpc: String) -> RouteTableLookup {
        let tables = routeTables.values.filter { $0.vpc == vpc }.sorted { $0.id < $1.id }
        func found(_ matches: (RouteTable.Association) -> Bool) -> [(table: RouteTable, state: String)] {
            tables.flatMap { table in table.associations.filter(matches).map { (table, $0.state) } }
        }
        let explicit = found { $0.subnet == subnet }
        let isMain = explicit.isEmpty
        let all = isMain ? found { $0.isMain } : explicit
        guard let first = all.first else {
            return .unknown("no known route table for \(subnet) and no main table for \(vpc)")
        }
        guard all.count == 1 else {
            return .unknown("several route tables: \(all.map(\.table.id).joined(separator: ", "))")
        }
        guard first.state == "associated" else { return .unknown("\(first.table.id) is \(first.state)") }
        return .table(first.table, isMain: isMain)
    }
}
