import SealanePacket

/// One end of a path.
public struct PathEnd: Sendable, Hashable {
    public let address: IPAddress
    /// The interface that has the address; nil: none that is known of.
    public let interface: Topology.Interface?

    public init(address: IPAddress, interface: Topology.Interface?) {
        self.address = address
        self.interface = interface
    }

    /// For people: the instance or the interface, and the address. Reasons name an end so.
    public var name: String {
        guard let interface else { return address.description }
        return "\(interface.instance ?? interface.id) (\(address))"
    }
}

/// What a packet from one end to the other meets.
public struct PathDirection: Sendable, Hashable {
    /// What decided.
    public enum Course: Sendable, Hashable {
        /// Both ends are in this subnet, within which no route table is consulted.
        case withinSubnet(String)
        /// The table of the first end's subnet, and the routes that it may take: rarely more than one, none if none fits.
        case routed(table: String, isMain: Bool, routes: [Topology.Route])
        case unknown
    }

    public let from: PathEnd
    public let to: PathEnd
    public let course: Course
    /// Empty if and only if the packet is known to arrive without passing a device.
    public let reasons: [Reason]

    /// `10.0.0.0/16 by local, in rtb-0a (main)`.
    public var summary: String {
        switch course {
        case .withinSubnet(let subnet): return "within \(subnet): no route table is consulted"
        case .unknown: return "not known"
        case .routed(let table, let isMain, let routes):
            let place = "in \(table)\(isMain ? " (main)" : "")"
            guard !routes.isEmpty else { return "no route \(place)" }
            return routes.map { "\($0.destination) by \($0.target)" }.joined(separator: " or ") + ", \(place)"
        }
    }
}

/// Whether a path between two instances crosses a virtual device, as far as routes tell: there and back.
public struct PathJudgement: Sendable, Hashable {
    /// What is wrong with the ends themselves, or with the topology as a whole.
    public let reasons: [Reason]
    /// From the first end to the second, and back. Empty if the topology is too old to be judged by.
    public let directions: [PathDirection]

    public init(reasons: [Reason], directions: [PathDirection]) {
        self.reasons = reasons
        self.directions = directions
    }

    public var verdict: Verdict {
        let all = reasons + directions.flatMap(\.reasons)
        return all.isEmpty ? .eligible : .refused(all)
    }

    /// Whether a topology of this age tells anything. Clocks differ: by five minutes it may seem to be of the future.
    public static func isFresh(_ age: Duration, maximumAge: Duration) -> Bool {
        age <= maximumAge && age >= .seconds(-300)
    }

    /// Both directions, said once if they are alike; of what cannot be judged, why not.
    var summary: String {
        let ways = directions.map(\.summary)
        if let there = ways.first, let back = ways.last {
            return there == back ? there : "there \(there); back \(back)"
        }
        return reasons.map(\.observed).joined(separator: "; ")
    }
}

/// Judges the path between two ends by the route tables on both of its sides. A pure function.
///
/// EC2 encrypts where the traffic "does not pass through a virtual network device or service, such as a load balancer or a
/// transit gateway" (docs.aws.amazon.com/AWSEC2/latest/UserGuide/data-protection.html, "Encryption in transit"). Hence a path
/// passes if both ends are interfaces of instances, and each direction stays in a subnet, takes a `local` route, or crosses one
/// active peering connection within a Region. Everything else is a reason: `path-device`, `path-missing`, `region-mismatch`, and
/// `path-unknown` for what the topology does not tell. Security groups and network ACLs change no way and are not looked at.
///
/// - Parameters:
///   - age: how long ago the topology was taken. What is older than `maximumAge` is unknown, and so is what was taken more than
///     five minutes in the future, beyond what clocks differ.
public func judgePath(
    between first: PathEnd, and second: PathEnd, in topology: Topology, age: Duration, maximumAge: Duration
) -> PathJudgement {
    guard PathJudgement.isFresh(age, maximumAge: maximumAge) else {
        let seconds = age.components.seconds
        let reason = Reason(
            code: .pathUnknown,
            observed: seconds < 0 ? "a topology of \(-seconds) s in the future" : "a topology \(seconds) s old",
            required: "one at most \(maximumAge.components.seconds) s old", source: "topology")
        return PathJudgement(reasons: [reason], directions: [])
    }
    return PathJudgement(
        reasons: [first, second].compactMap(endReason),
        directions: [(first, second), (second, first)].map { topology.direction(from: $0, to: $1) })
}

/// An end must be an instance's own interface: EC2 encrypts between instances, and an interface may as well be a load balancer's or
/// a gateway's. Load balancers of layer 7 have type `interface`; that no instance of the account has them tells them apart.
///
/// Source: EC2 API reference, `NetworkInterface` (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html):
/// `interfaceType`, `requesterManaged`, `attachment.instanceId`.
private func endReason(_ end: PathEnd) -> Reason? {
    let required = "an interface of an instance"
    guard let interface = end.interface else {
        return Reason(
            code: .pathUnknown, observed: "\(end.address) is no known interface's", required: required,
            source: "topology, interfaces")
    }
    func reason(_ code: ReasonCode, _ observed: String) -> Reason {
        Reason(code: code, observed: observed, required: required, source: "topology, \(interface.id)")
    }
    guard interface.has(end.address) else {
        return reason(.pathUnknown, "\(interface.id) does not have \(end.address)")
    }
    guard ["interface", "efa", "trunk", "branch"].contains(interface.type) else {
        return reason(.pathDevice, "\(end.address) is that of \(interface.id), type \(interface.type)")
    }
    guard !interface.isRequesterManaged else {
        return reason(.pathDevice, "\(end.address) is that of \(interface.id), managed by a service")
    }
    guard interface.instance != nil else {
        return reason(.pathMissing, "\(interface.id) (\(end.address)) is attached to no instance")
    }
    return nil
}

extension Topology {
    /// Which way packets take. Route tables are for what leaves a subnet; between interfaces of one subnet, packets go to the other
    /// interface's MAC address, and no table is consulted
    /// (docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html, "Rules and considerations").
    fileprivate func direction(from start: PathEnd, to end: PathEnd) -> PathDirection {
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
            return unknown("no subnet known to route from", "the interface that has \(start.address)", "interfaces")
        }
        // An interface in a subnet that is not listed, such as one misspelt by hand, would else take the main table.
        guard subnets[interface.subnet]?.vpc == interface.vpc else {
            return unknown(
                "no \(interface.subnet) known in \(interface.vpc)", "the subnet of \(interface.id)", "subnets")
        }
        if let far = end.interface, far.subnet == interface.subnet, far.vpc == interface.vpc {
            return direction(.withinSubnet(interface.subnet), [])
        }
        let table: RouteTable
        let isMain: Bool
        switch tableOf(subnet: interface.subnet, vpc: interface.vpc) {
        case .unknown(let observed):
            return unknown(observed, "one table, associated with the subnet or main", interface.subnet)
        case .table(let found, let main): (table, isMain) = (found, main)
        }
        let source = "topology, \(table.id)\(isMain ? " (main)" : "") of \(interface.subnet)"
        switch choice(in: table, for: end.address) {
        case .unknown(let what):
            return unknown("not known: \(what)", "the entries of every prefix list in the table", table.id)
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

    /// Which route table decides for a subnet.
    public enum TableAnswer {
        case table(RouteTable, isMain: Bool)
        /// Why it cannot be told.
        case unknown(String)
    }

    /// The table that a subnet names, or else its VPC's main table: implicit associations have no entry of their own.
    ///
    /// Source: docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html, "Subnet route table association".
    public func tableOf(subnet: String, vpc: String) -> TableAnswer {
        let tables = routeTables.values.filter { $0.vpc == vpc }.sorted { $0.id < $1.id }
        func found(_ isTheirs: (RouteTable.Association) -> Bool) -> [(table: RouteTable, state: String)] {
            tables.flatMap { table in table.associations.filter(isTheirs).map { (table, $0.state) } }
        }
        let explicit = found { $0.subnet == subnet }
        let isMain = explicit.isEmpty
        let all = isMain ? found { $0.isMain } : explicit
        guard let first = all.first else {
            return .unknown("no route table known of \(subnet), nor a main one of \(vpc)")
        }
        guard all.count == 1 else {
            return .unknown("several route tables: \(all.map(\.table.id).joined(separator: ", "))")
        }
        guard first.state == "associated" else { return .unknown("\(first.table.id) is \(first.state)") }
        return .table(first.table, isMain: isMain)
    }
}
