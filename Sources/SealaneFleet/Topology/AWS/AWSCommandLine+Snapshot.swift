import FoundationEssentials
import SealaneEligibility
import SealanePacket

extension AWSCommandLine {
    /// The IAM actions that `snapshot` needs.
    package static let permissions = [
        "sts:GetCallerIdentity", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables",
        "ec2:DescribeVpcPeeringConnections", "ec2:DescribeNetworkInterfaces", "ec2:DescribeInstances",
        "ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries", "ec2:DescribeTransitGatewayAttachments",
    ]

    /// Queries everything that determines the path of packets in these Regions, for the account of the credentials.
    ///
    /// - Parameters:
    ///   - regions: at least one.
    ///   - now: the snapshot's time; read it before the first query.
    package func snapshot(of regions: [String], at now: Date) async throws(AWSCommandError) -> TopologySnapshot {
        var account: String?
        var vpcs: [Topology.VPC] = []
        var subnets: [Topology.Subnet] = []
        var tables: [Topology.RouteTable] = []
        var lists: [Topology.PrefixList] = []
        var peerings: [Topology.PeeringConnection] = []
        var attachments: [Topology.TransitGatewayAttachment] = []
        var interfaces: [Topology.Interface] = []
        var instances: [Topology.Instance] = []
        for region in regions {
            if account == nil { account = try await self.account(in: region) }
            vpcs += try await all(AWSVpc.self, in: region).map { $0.vpc(in: region) }
            subnets += try await all(AWSSubnet.self, in: region).map(\.subnet)
            let known = Set(subnets.map(\.id))
            let found = try await all(AWSRouteTable.self, in: region).map { $0.table(of: known) }
            tables += found
            lists += try await prefixLists(in: region, of: found)
            peerings += try await all(AWSVpcPeeringConnection.self, in: region).map(\.connection)
            attachments += try await all(AWSTransitGatewayAttachment.self, in: region).compactMap(\.attachment)
            interfaces += try await all(AWSNetworkInterface.self, in: region).map(\.interface)
            instances += try await all(AWSReservation.self, in: region).flatMap { $0.instances ?? [] }.map {
                Topology.Instance(id: $0.instanceId, type: $0.instanceType)
            }
        }
        let cidrs = Dictionary(subnets.map { ($0.id, $0.cidrs) }) { first, _ in first }
        // Interfaces without an instance come and go while the queries run and cannot be the end of a path. Addresses
        // that contradict their subnet are dropped and so belong to no interface. For an instance's interface this
        // would be a contradiction, which `TopologyFile` refuses.
        interfaces = interfaces.map { interface in
            guard interface.instance == nil, let cidrs = cidrs[interface.subnet], !cidrs.isEmpty else {
                return interface
            }
            return interface.keepingAddresses { address in cidrs.contains { $0.contains(address) } }
        }
        return TopologySnapshot(
            takenAt: now, account: account, regions: regions,
            topology: Topology(
                vpcs: vpcs, subnets: subnets, routeTables: tables, prefixLists: lists, peerings: peerings,
                transitGatewayAttachments: attachments, interfaces: interfaces, instances: instances))
    }

    /// The prefix lists that routes use as destinations. A list that the account cannot see is omitted, so its entries
    /// are unknown.
    private func prefixLists(
        in region: String, of tables: [Topology.RouteTable]
    ) async throws(AWSCommandError) -> [Topology.PrefixList] {
        var wanted = Set<String>()
        for case .prefixList(let id) in tables.flatMap(\.routes).map(\.destination) { wanted.insert(id) }
        guard !wanted.isEmpty else { return [] }
        var lists: [Topology.PrefixList] = []
        for id in try await all(AWSManagedPrefixList.self, in: region).map(\.prefixListId) where wanted.contains(id) {
            let entries = try await all(AWSPrefixListEntry.self, in: region, ["--prefix-list-id", id])
            lists.append(Topology.PrefixList(id: id, cidrs: entries.map(\.cidr)))
        }
        return lists
    }
}

extension Topology.Interface {
    /// A copy with only those addresses and delegated prefixes that satisfy `isKept`, which gets the first address of a
    /// prefix.
    fileprivate func keepingAddresses(_ isKept: (IPAddress) -> Bool) -> Topology.Interface {
        Topology.Interface(
            id: id, vpc: vpc, subnet: subnet, addresses: addresses.filter(isKept),
            prefixes: prefixes.filter { isKept($0.address) }, type: type, isRequesterManaged: isRequesterManaged,
            instance: instance, deviceIndex: deviceIndex)
    }
}
