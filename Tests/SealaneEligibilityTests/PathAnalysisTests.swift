import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

/// One VPC with two subnets, a host in each, and one main route table.
private struct Pair {
    let topology: Topology
    let near: PathEnd
    let far: PathEnd

    init(routes: [Topology.Route], associations: [Topology.RouteTable.Association] = [.init(isMain: true)]) throws {
        let interfaces = try [("eni-1", "subnet-1", "10.0.1.1", "i-1"), ("eni-2", "subnet-2", "10.0.2.1", "i-2")].map {
            Topology.Interface(
                id: $0.0, vpc: "vpc-1", subnet: $0.1, addresses: [try address($0.2)], instance: $0.3)
        }
        topology = Topology(
            vpcs: [Topology.VPC(id: "vpc-1", region: "us-east-1", cidrs: [try prefix("10.0.0.0/16")])],
            subnets: ["subnet-1", "subnet-2"].map { Topology.Subnet(id: $0, vpc: "vpc-1", cidrs: []) },
            routeTables: [Topology.RouteTable(id: "rtb-1", vpc: "vpc-1", associations: associations, routes: routes)],
            prefixLists: [
                Topology.PrefixList(id: "pl-1", cidrs: [try prefix("10.0.2.0/24"), try prefix("10.0.0.0/12")]),
                Topology.PrefixList(id: "pl-2", cidrs: [try prefix("10.0.0.0/16"), try prefix("10.1.0.0/16")]),
            ],
            interfaces: interfaces)
        near = PathEnd(address: interfaces[0].addresses[0], interface: interfaces[0])
        far = PathEnd(address: interfaces[1].addresses[0], interface: interfaces[1])
    }

    func analyzed(age: Duration = .seconds(1), maximumAge: Duration = .seconds(3600)) -> PathAnalysis {
        PathAnalysis(between: near, and: far, in: topology, age: age, maximumAge: maximumAge)
    }
}

private func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }

private func local() throws -> Topology.Route {
    Topology.Route(
        destination: .prefix(try prefix("10.0.0.0/16")), target: RouteTarget("local"), origin: "CreateRouteTable")
}

@Suite("The analysis of a path")
struct PathAnalysisTests {
    @Test("is unknown with a topology that is too old or from the future")
    func stale() throws {
        let pair = try Pair(routes: [local()])
        for (age, isFresh) in [(0, true), (3600, true), (3601, false), (-300, true), (-301, false)] {
            let analysis = pair.analyzed(age: .seconds(age))
            #expect(analysis.verdict.isEligible == isFresh)
            #expect(analysis.directions.count == (isFresh ? 2 : 0))
            #expect(codes(analysis.verdict) == (isFresh ? [] : [.pathUnknown]))
        }
    }

    @Test(
        "writes ages in two units, like every other report",
        arguments: [
            (3601, "a topology more than 1 h old"), (747_897, "a topology 8 d 15 h old"),
            (-747_897, "a topology from 8 d 15 h in the future"), (-301, "a topology from 5 min 1 s in the future"),
        ])
    func ageText(age: Int, text: String) throws {
        let reason = try #require(try Pair(routes: [local()]).analyzed(age: .seconds(age)).reasons.first)
        #expect(reason.observed == text)
        #expect(reason.required == "one at most 1 h old")
    }

    @Test("names both ends, the route, its table and the device")
    func names() throws {
        let nat = Topology.Route(destination: .prefix(try prefix("10.0.2.0/24")), target: RouteTarget("nat-1"))
        let analysis = try Pair(routes: [local(), nat]).analyzed()
        #expect(
            analysis.verdict.reasons == [
                Reason(
                    code: .pathDevice,
                    observed: "i-1 (10.0.1.1) to i-2 (10.0.2.1): 10.0.2.0/24 by nat-1, NAT gateway",
                    required: "a target that is not a device", source: "topology, rtb-1 (main) of subnet-1")
            ])
        #expect(analysis.directions[0].course == .routed(table: "rtb-1", isMain: true, routes: [nat]))
        #expect(analysis.directions[1].course == .routed(table: "rtb-1", isMain: true, routes: [try local()]))
    }

    @Test(
        "is unknown without exactly one associated route table",
        arguments: [
            [], [.init(isMain: true), .init(isMain: true)], [.init(isMain: true, state: "disassociating")],
            [.init(isMain: true), .init(subnet: "subnet-1", state: "failed"), .init(subnet: "subnet-2")],
            [.init(subnet: "subnet-1"), .init(subnet: "subnet-1"), .init(subnet: "subnet-2")],
        ] as [[Topology.RouteTable.Association]])
    func tables(associations: [Topology.RouteTable.Association]) throws {
        let analysis = try Pair(routes: [local()], associations: associations).analyzed()
        #expect(analysis.directions[0].reasons.map(\.code) == [.pathUnknown])
        #expect(analysis.directions[0].course == .unknown)
    }

    @Test("is unknown for an interface whose subnet is not listed in its VPC, instead of assuming the main table")
    func unlistedSubnet() throws {
        let pair = try Pair(routes: [local()])
        for (vpc, subnet) in [("vpc-1", "subnet-3"), ("vpc-2", "subnet-1")] {
            let strayed = Topology.Interface(
                id: "eni-2", vpc: vpc, subnet: subnet, addresses: [try address("10.0.2.1")], instance: "i-2")
            let end = PathEnd(address: strayed.addresses[0], interface: strayed)
            let analysis = PathAnalysis(
                between: pair.near, and: end, in: pair.topology, age: .zero, maximumAge: .seconds(1))
            #expect(analysis.directions[1].course == .unknown)
            #expect(
                analysis.directions[1].reasons.map(\.observed)
                    == ["i-2 (10.0.2.1) to i-1 (10.0.1.1): \(subnet) is not in the topology of \(vpc)"])
        }
    }

    @Test("chooses every prefix list that contains the address, and within the VPC also the route without them")
    func prefixLists() throws {
        func route(_ destination: Topology.Route.Destination, _ target: String) -> Topology.Route {
            Topology.Route(destination: destination, target: RouteTarget(target))
        }
        // The entry of pl-1 is a /24, the one of pl-2 a /16.
        let own = route(.prefixList("pl-1"), "eni-2")
        #expect(try Pair(routes: [local(), own]).analyzed().verdict == .eligible)
        #expect(
            try codes(Pair(routes: [local(), own, route(.prefixList("pl-2"), "nat-1")]).analyzed().verdict) == [
                .pathDevice
            ])
        let nat = route(.prefix(try prefix("10.0.2.0/23")), "nat-1")
        #expect(try codes(Pair(routes: [local(), own, nat]).analyzed().verdict) == [.pathDevice])
        let exact = route(.prefix(try prefix("10.0.2.0/24")), "eni-2")
        let list = route(.prefixList("pl-1"), "nat-1")
        #expect(try Pair(routes: [local(), exact, list]).analyzed().verdict == .eligible)
    }

    @Test("uses the VPC's CIDRs and Region if a peering connection lacks them, and does not pass if both lack them")
    func peeringSides() throws {
        typealias Side = Topology.PeeringConnection.Side
        let vpcs = try [("vpc-1", "10.1.0.0/16"), ("vpc-2", "10.2.0.0/16")].map {
            Topology.VPC(id: $0.0, region: "us-east-1", cidrs: [try prefix($0.1)])
        }
        let interfaces = try [("1", "10.1.0.1"), ("2", "10.2.0.1")].map {
            Topology.Interface(
                id: "eni-\($0.0)", vpc: "vpc-\($0.0)", subnet: "subnet-\($0.0)", addresses: [try address($0.1)],
                instance: "i-\($0.0)")
        }
        let ends = interfaces.map { PathEnd(address: $0.addresses[0], interface: $0) }
        func codes(_ near: Side, _ far: Side, _ vpcs: [Topology.VPC]) throws -> [ReasonCode] {
            let topology = Topology(
                vpcs: vpcs,
                subnets: ["1", "2"].map { Topology.Subnet(id: "subnet-\($0)", vpc: "vpc-\($0)", cidrs: []) },
                routeTables: [
                    Topology.RouteTable(
                        id: "rtb-1", vpc: "vpc-1", associations: [.init(isMain: true)],
                        routes: [
                            Topology.Route(
                                destination: .prefix(try prefix("10.0.0.0/8")), target: RouteTarget("pcx-1"))
                        ])
                ], peerings: [.init(id: "pcx-1", status: "active", requester: near, accepter: far)],
                interfaces: interfaces)
            let analysis = PathAnalysis(
                between: ends[0], and: ends[1], in: topology, age: .zero, maximumAge: .seconds(1))
            return analysis.directions[0].reasons.map(\.code)
        }
        let near = Side(vpc: "vpc-1", region: "us-east-1", cidrs: [])
        let bare = Side(vpc: "vpc-2", region: nil, cidrs: [])
        let elsewhere = Side(vpc: "vpc-2", region: "us-west-2", cidrs: [])
        let held = Side(vpc: "vpc-2", region: "us-east-1", cidrs: [try prefix("10.2.0.0/24")])
        let other = Side(vpc: "vpc-2", region: "us-east-1", cidrs: [try prefix("10.2.1.0/24")])
        #expect(try codes(near, bare, vpcs) == [])
        #expect(try codes(bare, near, vpcs) == [])
        #expect(try codes(near, bare, []) == [.pathUnknown])
        #expect(try codes(near, elsewhere, vpcs) == [.regionMismatch])
        #expect(try codes(near, held, []) == [])
        #expect(try codes(near, other, vpcs) == [.pathMissing])
        #expect(try codes(near, Side(vpc: "vpc-2", region: "us-east-1", cidrs: []), []) == [.pathUnknown])
        // A connection between other VPCs.
        #expect(try codes(Side(vpc: "vpc-3", region: "us-east-1", cidrs: []), held, vpcs) == [.pathUnknown])
        #expect(try codes(near, Side(vpc: "vpc-3", region: "us-east-1", cidrs: held.cidrs), vpcs) == [.pathMissing])
    }

    @Test("reports an end whose address does not belong to its interface")
    func foreignAddress() throws {
        let pair = try Pair(routes: [local()])
        let claimed = PathEnd(address: try address("10.0.2.9"), interface: pair.far.interface)
        let analysis = PathAnalysis(
            between: pair.near, and: claimed, in: pair.topology, age: .zero, maximumAge: .seconds(1))
        #expect(codes(analysis.verdict) == [.pathUnknown])
    }

    @Test("treats every target as a device except local, an active peering and the far interface")
    func targets() throws {
        let texts = [
            "nat-1", "tgw-1", "vgw-1", "igw-1", "eigw-1", "vpce-1", "lgw-1", "cagw-1", "i-2", "eni-1", "10.0.2.1",
            "arn:aws:networkmanager::1:core-network/c", "arn:aws:odb:r:1:odb-network/o", "none", "Local", "xyz-1",
            "eni-",
        ]
        for text in texts {
            let route = Topology.Route(destination: .prefix(try prefix("10.0.2.1/32")), target: RouteTarget(text))
            #expect(codes(try Pair(routes: [local(), route]).analyzed().verdict) == [.pathDevice], "\(text)")
        }
        let own = Topology.Route(destination: .prefix(try prefix("10.0.2.1/32")), target: RouteTarget("eni-2"))
        #expect(try Pair(routes: [local(), own]).analyzed().verdict == .eligible)
        #expect(RouteTarget("arn:aws:s3:::core-network/").kind == .unknown)
    }

    @Test("has an end per family, per owner of an address, and for the primary interface of an instance")
    func ends() throws {
        let interfaces = [
            Topology.Interface(
                id: "eni-1", vpc: "v", subnet: "s", addresses: [try address("10.0.0.1"), try address("fd00::1")],
                instance: "i-1", deviceIndex: 1),
            Topology.Interface(
                id: "eni-2", vpc: "v", subnet: "s", addresses: [try address("10.0.0.2"), try address("10.0.0.3")],
                instance: "i-1", deviceIndex: 0),
            Topology.Interface(id: "eni-3", vpc: "w", subnet: "t", addresses: [try address("10.0.0.1")]),
        ]
        let topology = Topology(interfaces: interfaces)
        #expect(topology.ends(named: "eni-1").map(\.address.description) == ["10.0.0.1", "fd00::1"])
        #expect(topology.ends(named: "i-1").map(\.address.description) == ["10.0.0.2"])
        #expect(topology.ends(named: "10.0.0.1").map(\.interface?.id) == ["eni-1", "eni-3"])
        #expect(topology.ends(named: "10.9.9.9") == [PathEnd(address: try address("10.9.9.9"), interface: nil)])
        #expect(topology.ends(named: "i-9") == [])
    }

    @Test("chooses the routes with the highest precedence in 20,000 seeded tables")
    func model() throws {
        var random = SeededRandom(seed: 0xA115)
        let destinations: [Topology.Route.Destination] =
            try ["10.0.0.0/16", "10.0.0.0/8", "0.0.0.0/0", "10.0.2.0/24", "10.0.2.1/32", "10.0.1.0/24", "::/0"].map {
                .prefix(try prefix($0))
            } + [.prefixList("pl-1"), .prefixList("pl-2")]
        let origins = ["CreateRouteTable", "CreateRoute", "EnableVgwRoutePropagation", "Advertisement"]
        var taken = Set<Int>()
        for _ in 0..<20_000 {
            let routes = (0..<Int.random(in: 0...6, using: &random)).map { number in
                Topology.Route(
                    destination: destinations.randomElement(using: &random) ?? .prefixList("pl-1"),
                    target: RouteTarget(Int.random(in: 0..<4, using: &random) == 0 ? "local" : "tgw-\(number)"),
                    origin: origins.randomElement(using: &random) ?? "")
            }
            let pair = try Pair(routes: routes)
            let direction = pair.analyzed().directions[0]
            let isLocal = routes.contains {
                $0.target.description == "local" && Self.isPrefix($0) && Self.length($0) != nil
            }
            let standing = routes.filter {
                Self.length($0) != nil && !(isLocal && $0.origin == "EnableVgwRoutePropagation")
            }
            var expected = standing.filter { route in !standing.contains { Self.beats($0, route) } }
            if !expected.allSatisfy(Self.isPrefix) {
                // Any list that contains the address and, because the address is in the VPC, the route chosen without
                // the lists.
                let prefixes = standing.filter(Self.isPrefix)
                let besides = prefixes.filter { route in !prefixes.contains { Self.beats($0, route) } }
                expected = standing.filter { !Self.isPrefix($0) || besides.contains($0) }
            }
            guard direction.course == .routed(table: "rtb-1", isMain: true, routes: expected) else {
                Issue.record("\(routes) gave \(direction.course), expected \(expected)")
                return
            }
            taken.insert(expected.count)
        }
        #expect(taken.isSuperset(of: [0, 1, 2]))
    }

    /// The length of the prefix by which a destination contains 10.0.2.1, written out from the destinations above.
    private static func length(_ route: Topology.Route) -> Int? {
        [
            "10.0.0.0/16": 16, "10.0.0.0/8": 8, "0.0.0.0/0": 0, "10.0.2.0/24": 24, "10.0.2.1/32": 32, "pl-1": 24,
            "pl-2": 16,
        ][route.destination.description]
    }

    private static func isPrefix(_ route: Topology.Route) -> Bool {
        if case .prefix = route.destination { true } else { false }
    }

    /// Whether `one` precedes `other`.
    private static func beats(_ one: Topology.Route, _ other: Topology.Route) -> Bool {
        guard let length = length(one), let otherLength = Self.length(other) else { return false }
        let isOtherPropagated = other.origin == "EnableVgwRoutePropagation"
        if length != otherLength { return length > otherLength }
        let isList = !isPrefix(one)
        let isOtherList = !isPrefix(other)
        let isStatic = ["CreateRouteTable", "CreateRoute"].contains(one.origin) && !isList
        let isOtherStatic = ["CreateRouteTable", "CreateRoute"].contains(other.origin) && !isOtherList
        if isStatic { return isOtherList && other.origin == "CreateRoute" || isOtherPropagated && !isOtherList }
        return isList && one.origin == "CreateRoute" && isOtherPropagated && !isOtherList && !isOtherStatic
    }
}
