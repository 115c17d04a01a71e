import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

/// A few VPCs as people write them by hand, incomplete and partly wrong.
private struct World {
    let topology: Topology

    init(using random: inout SeededRandom) throws {
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        func pick<Value>(_ values: [Value]) throws -> Value { try #require(values.randomElement(using: &random)) }
        func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }
        let vpcIDs = (0..<Int.random(in: 1...3, using: &random)).map { "vpc-\($0)" }
        func regionText() throws -> String? { try pick(["r1", "r1", "r1", "r1", "r2", nil]) }
        var vpcs: [Topology.VPC] = []
        var subnets: [Topology.Subnet] = []
        var tables: [Topology.RouteTable] = []
        var interfaces: [Topology.Interface] = []
        var instances: [Topology.Instance] = []
        let peerings = try (0..<Int.random(in: 0...4, using: &random)).map { number in
            func side() throws -> Topology.PeeringConnection.Side {
                let vpc = try pick(vpcIDs)
                let cidrs = chance(70) ? [try prefix("10.\(vpc.suffix(1)).0.0/16")] : []
                return .init(vpc: vpc, region: try regionText(), cidrs: cidrs)
            }
            return Topology.PeeringConnection(
                id: "pcx-\(number)", status: try pick(["active", "active", "active", "deleted"]), requester: try side(),
                accepter: try side())
        }
        for (number, vpc) in vpcIDs.enumerated() {
            let cidrs = try [prefix("10.\(number).0.0/16"), prefix("fd0\(number)::/56")]
            if chance(85) {
                vpcs.append(.init(id: vpc, region: try regionText() ?? "", cidrs: chance(90) ? cidrs : []))
            }
            for place in 0..<2 {
                let subnet = "subnet-\(number)\(place)"
                if chance(95) {
                    subnets.append(.init(id: subnet, vpc: vpc, cidrs: [try prefix("10.\(number).\(place).0/24")]))
                }
                for host in 1...Int.random(in: 1...2, using: &random) {
                    let id = "\(number)\(place)\(host)"
                    var addresses = [try address("10.\(number).\(place).\(host)")]
                    if chance(40) { addresses.append(try address("fd0\(number):0:0:\(place)::\(host)")) }
                    if chance(10) { addresses.removeFirst() }
                    let isAttached = chance(95)
                    interfaces.append(
                        .init(
                            id: "eni-\(id)", vpc: vpc, subnet: subnet, addresses: addresses,
                            type: chance(95) ? "interface" : "nat_gateway",
                            instance: isAttached ? "i-\(id)" : nil))
                    instances.append(.init(id: "i-\(id)", type: try pick(["c5n.large", "c5n.large", "m5.large"])))
                }
            }
        }
        let targets = peerings.map(\.id) + ["local", "local", "tgw-1", "pcx-none"] + interfaces.prefix(2).map(\.id)
        for (number, vpc) in vpcIDs.enumerated() {
            func table(_ id: String, _ association: Topology.RouteTable.Association) throws -> Topology.RouteTable {
                var routes = [
                    Topology.Route(destination: .prefix(try prefix("10.\(number).0.0/16")), target: .init("local"))
                ]
                for other in vpcIDs.indices where other != number && chance(90) {
                    let target =
                        chance(75) ? peerings.map(\.id).randomElement(using: &random) ?? "tgw-1" : try pick(targets)
                    for text in ["10.\(other).0.0/16", "fd0\(other)::/56"] where chance(90) {
                        routes.append(
                            .init(
                                destination: .prefix(try prefix(text)), target: .init(target),
                                state: chance(95) ? "active" : "blackhole"))
                    }
                }
                if chance(10) {
                    routes.append(
                        .init(destination: .prefix(try prefix("10.\(number).1.0/24")), target: .init(try pick(targets)))
                    )
                }
                return .init(id: id, vpc: vpc, associations: [association], routes: routes)
            }
            if chance(95) { tables.append(try table("rtb-\(number)", .init(isMain: true))) }
            if chance(30) { tables.append(try table("rtb-\(number)x", .init(subnet: "subnet-\(number)1"))) }
        }
        topology = Topology(
            vpcs: vpcs, subnets: subnets, routeTables: tables, peerings: peerings, interfaces: interfaces,
            instances: instances)
    }
}

@Suite("The verdict between two hosts and the analysis of their path")
struct TopologyAgreementTests {
    /// Like `sealane topology path`.
    private func path(_ first: String, _ second: String, in topology: Topology) throws -> Verdict {
        guard let pair = PathEnd.pair(topology.ends(named: first), topology.ends(named: second)) else {
            return .refused([])
        }
        return PathAnalysis(between: pair.0, and: pair.1, in: topology, age: .zero, maximumAge: .zero).verdict
    }

    @Test("agree on every pair in 3,000 random topologies, except for instance types, which only the verdict considers")
    func agree() throws {
        var random = SeededRandom(seed: 0xE6)
        var eligible = 0
        var overPeerings = 0
        var withoutRegions = 0
        var refused = 0
        for number in 0..<3_000 {
            let world = try World(using: &random)
            let topology = world.topology
            let hosts = topology.hosts
            for (index, first) in hosts.enumerated() {
                for second in hosts[(index + 1)...] {
                    let map = topology.verdict(between: first, and: second)
                    let other = map.reasons.filter { ![.localTypeUnsupported, .peerTypeUnsupported].contains($0.code) }
                    let path = try path(first.instance.id, second.instance.id, in: topology)
                    guard other.isEmpty == path.isEligible else {
                        Issue.record(
                            "topology \(number), \(first) and \(second): the verdict is \(map), the path gives \(path)")
                        return
                    }
                    #expect(topology.verdict(between: second, and: first).isEligible == map.isEligible)
                    #expect(
                        try self.path(second.instance.id, first.instance.id, in: topology).isEligible == path.isEligible
                    )
                    guard path.isEligible else {
                        refused += 1
                        continue
                    }
                    eligible += 1
                    guard first.interface.vpc != second.interface.vpc else { continue }
                    overPeerings += 1
                    let joining = topology.peerings.values.filter {
                        topology.peering($0).joins(first.interface.vpc, second.interface.vpc)
                    }
                    if joining.allSatisfy({ $0.requester.region == nil || $0.accepter.region == nil }) {
                        withoutRegions += 1
                    }
                }
            }
        }
        #expect(eligible > 1000 && overPeerings > 100 && withoutRegions > 20 && refused > 1000)
    }

    private func network(regions: (String?, String?), vpcs: (String, String) = ("r1", "r1")) throws -> Topology {
        func prefix(_ text: String) throws -> IPPrefix { try #require(IPPrefix(text)) }
        let cidrs = try (prefix("10.0.0.0/16"), prefix("10.1.0.0/16"))
        func table(_ id: String, _ vpc: String, _ far: IPPrefix) -> Topology.RouteTable {
            .init(
                id: id, vpc: vpc, associations: [.init(isMain: true)],
                routes: [.init(destination: .prefix(far), target: .init("pcx-1"))])
        }
        return Topology(
            vpcs: [
                .init(id: "vpc-a", region: vpcs.0, cidrs: [cidrs.0]),
                .init(id: "vpc-b", region: vpcs.1, cidrs: [cidrs.1]),
            ],
            subnets: [.init(id: "s-a", vpc: "vpc-a", cidrs: []), .init(id: "s-b", vpc: "vpc-b", cidrs: [])],
            routeTables: [table("rtb-a", "vpc-a", cidrs.1), table("rtb-b", "vpc-b", cidrs.0)],
            peerings: [
                .init(
                    id: "pcx-1", status: "active", requester: .init(vpc: "vpc-a", region: regions.0, cidrs: []),
                    accepter: .init(vpc: "vpc-b", region: regions.1, cidrs: []))
            ],
            interfaces: [
                .init(id: "eni-a", vpc: "vpc-a", subnet: "s-a", addresses: [try address("10.0.0.1")], instance: "i-a"),
                .init(id: "eni-b", vpc: "vpc-b", subnet: "s-b", addresses: [try address("10.1.0.1")], instance: "i-b"),
            ], instances: [.init(id: "i-a", type: "c5n.large"), .init(id: "i-b", type: "m5n.large")])
    }

    @Test("a peering without Regions has those of its VPCs, and one that contradicts them connects nothing")
    func regionsOfPeerings() throws {
        for regions in [(nil, nil), ("r1", nil), (nil, "r1"), ("r1", "r1")] as [(String?, String?)] {
            let topology = try network(regions: regions)
            #expect(topology.verdict(between: topology.hosts[0], and: topology.hosts[1]) == .eligible)
            #expect(try path("i-a", "i-b", in: topology) == .eligible)
        }
        for (regions, vpcs) in [
            ((nil, nil), ("r1", "r2")), (("r1", "r1"), ("r1", "r2")), (("r2", "r2"), ("r1", "r1")),
            (("r1", "r2"), ("r1", "r1")),
        ] as [((String?, String?), (String, String))] {
            let topology = try network(regions: regions, vpcs: vpcs)
            #expect(!topology.verdict(between: topology.hosts[0], and: topology.hosts[1]).isEligible)
            #expect(try !path("i-a", "i-b", in: topology).isEligible)
        }
    }
}
