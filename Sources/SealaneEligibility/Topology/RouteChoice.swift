import SealanePacket

/// The route of a table that a packet takes.
enum RouteChoice: Hashable {
    /// The route. Several if AWS may choose any of them.
    case routes([Topology.Route])
    case none
    /// Why it cannot be determined.
    case unknown(String)
}

extension Topology {
    /// The rules, in order, each with the page of AWS's documentation that states it:
    ///
    /// 1. Packets to 169.254.168.0/22 and fd00:ec2::/32 are not forwarded, even if a larger route contains them.
    ///    docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    /// 2. The VPC's `local` route takes precedence over a route propagated by a virtual private gateway, even if that
    ///    is more specific. docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html
    /// 3. The most specific route that contains the address is used, per address family, whatever its origin. Therefore
    ///    a route to a subnet's whole CIDR takes precedence over the `local` route, which has the VPC's CIDR.
    ///    docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html, "Longest prefix match";
    ///    subnet-route-tables.html
    /// 4. Among equally specific routes, static routes precede prefix lists, which precede propagated routes.
    ///    route-tables-priority.html
    /// 5. If several prefix lists overlap with different targets, AWS may use any of them. The documentation does not
    ///    limit this to equally specific entries: if one list is used, all lists that contain the address are chosen as
    ///    well. route-tables-priority.html, "Prefix list routes"
    /// 6. An earlier edition of that page says that AWS ignores prefix list entries that are more specific than the
    ///    VPC's CIDR; the current one does not mention it. Therefore, within the VPC, the route that would be used
    ///    without the lists is chosen as well. github.com/awsdocs/amazon-vpc-user-guide, VPC_Route_Tables.md
    ///
    /// A route in state `blackhole` is chosen like any other. Routes whose precedence is not documented (a route
    /// server's routes, new origins) are chosen together with the winner, so that none of them goes unchecked.
    func choice(in table: RouteTable, for address: IPAddress) -> RouteChoice {
        guard !Self.unroutable.contains(where: { $0.contains(address) }) else { return .none }
        let isLocal = table.routes.contains { route in
            guard case .prefix(let prefix) = route.destination, route.target.kind == .local else { return false }
            return prefix.contains(address)
        }
        var candidates: [Candidate] = []
        for route in table.routes where !(isLocal && route.origin == "EnableVgwRoutePropagation") {
            switch route.destination {
            case .prefix(let prefix):
                guard prefix.contains(address) else { continue }
                candidates.append(Candidate(route: route, length: prefix.length))
            case .prefixList(let id):
                guard let list = prefixLists[id] else {
                    return .unknown("the entries of \(id), a destination in \(table.id)")
                }
                guard let length = list.cidrs.filter({ $0.contains(address) }).map(\.length).max() else { continue }
                candidates.append(Candidate(route: route, length: length))
            }
        }
        var chosen = Set(Self.first(of: candidates))
        if chosen.contains(where: \.isOfPrefixList) {
            chosen.formUnion(candidates.filter(\.isOfPrefixList))
            let isWithin = isLocal || vpcs[table.vpc]?.cidrs.contains { $0.contains(address) } == true
            if isWithin { chosen.formUnion(Self.first(of: candidates.filter { !$0.isOfPrefixList })) }
        }
        return chosen.isEmpty ? .none : .routes(candidates.filter(chosen.contains).map(\.route))
    }

    /// The candidates with the highest precedence by rules 3 and 4.
    private static func first(of candidates: [Candidate]) -> [Candidate] {
        let longest = candidates.map(\.length).max()
        let equal = candidates.filter { $0.length == longest }
        let first = equal.compactMap(\.rank).min()
        return equal.filter { $0.rank == nil || $0.rank == first }
    }

    private static let unroutable = ["169.254.168.0/22", "fd00:ec2::/32"].compactMap { IPPrefix($0) }
}

private struct Candidate: Hashable {
    let route: Topology.Route
    let length: Int

    var isOfPrefixList: Bool {
        if case .prefixList = route.destination { true } else { false }
    }

    /// The precedence among equally specific routes, lowest first. Nil if it is not documented.
    var rank: Int? {
        switch (route.origin, route.destination) {
        case ("CreateRouteTable", .prefix), ("CreateRoute", .prefix): 0
        case ("CreateRoute", .prefixList): 1
        case ("EnableVgwRoutePropagation", .prefix): 2
        default: nil
        }
    }
}
