import SealanePacket

/// Which of a table's routes a packet takes.
enum RouteChoice: Hashable {
    /// The route; several where AWS takes any of them and nobody can tell which.
    case routes([Topology.Route])
    case none
    /// Why it cannot be told.
    case unknown(String)
}

extension Topology {
    /// The rules, in their order, with the page of AWS's documentation that states each:
    ///
    /// 1. Packets to 169.254.168.0/22 and fd00:ec2::/32 are not forwarded, whatever larger route holds them.
    ///    docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
    /// 2. A route that a virtual private gateway propagates gives way to the VPC's `local` route, even if it is more specific.
    ///    docs.aws.amazon.com/vpn/latest/s2svpn/vpn-route-priority.html
    /// 3. The most specific route that holds the address is taken, families apart, however it came into the table. With that, a
    ///    route to a subnet's whole CIDR is taken before the `local` route, which is of the VPC's.
    ///    docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html, "Longest prefix match"; subnet-route-tables.html
    /// 4. Of equally specific ones, static routes come before prefix lists, and those before propagated routes.
    ///    route-tables-priority.html
    /// 5. Of several prefix lists that overlap with different targets, AWS takes any. Nothing says that this is of equally specific
    ///    entries only: where one list is taken, all that hold the address are chosen beside it.
    ///    route-tables-priority.html, "Prefix list routes"
    /// 6. An entry of a prefix list that is more specific than the VPC's CIDR is ignored, said an earlier edition of that page;
    ///    this one does not mention it. Hence within the VPC, what would be taken without the lists is chosen beside them.
    ///    github.com/awsdocs/amazon-vpc-user-guide, VPC_Route_Tables.md
    ///
    /// A route in state `blackhole` is chosen like any other. What the documentation does not order (a route server's routes, new
    /// origins) is chosen beside the winner, so that none of them passes unseen.
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
        var taken = Set(Self.first(of: candidates))
        if taken.contains(where: \.isOfPrefixList) {
            taken.formUnion(candidates.filter(\.isOfPrefixList))
            let isWithin = isLocal || vpcs[table.vpc]?.cidrs.contains { $0.contains(address) } == true
            if isWithin { taken.formUnion(Self.first(of: candidates.filter { !$0.isOfPrefixList })) }
        }
        return taken.isEmpty ? .none : .routes(candidates.filter(taken.contains).map(\.route))
    }

    /// Those that no other goes before, by rules 3 and 4.
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

    /// The lowest goes first among equally specific ones. Nil: no page says where it stands.
    var rank: Int? {
        switch (route.origin, route.destination) {
        case ("CreateRouteTable", .prefix), ("CreateRoute", .prefix): 0
        case ("CreateRoute", .prefixList): 1
        case ("EnableVgwRoutePropagation", .prefix): 2
        default: nil
        }
    }
}
