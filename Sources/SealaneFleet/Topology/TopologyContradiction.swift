import SealaneEligibility
import SealanePacket

/// Two entries of a snapshot that cannot both be true. One of them is a mistake, and either one could let a path pass
/// that should not. Therefore the whole snapshot is refused.
struct TopologyContradiction {
    enum Step {
        case key(String)
        case index(Int)
    }

    /// The path to the wrong value: `interfaces`, 2, `addresses`, 0.
    let path: [Step]
    /// The contradiction, and what was expected.
    let problem: String

    private init(_ path: [Step], _ problem: String) {
        self.path = path
        self.problem = problem
    }

    /// The first contradiction; nil if there is none. Resources that are not listed contradict nothing.
    static func first(
        vpcs: [Topology.VPC], subnets: [Topology.Subnet], peerings: [Topology.PeeringConnection],
        interfaces: [Topology.Interface]
    ) -> TopologyContradiction? {
        let vpcByID = Dictionary(vpcs.map { ($0.id, $0) }) { first, _ in first }
        let subnetByID = Dictionary(subnets.map { ($0.id, $0) }) { first, _ in first }
        return ofSubnets(subnets, vpcByID) ?? ofPeerings(peerings, vpcByID)
            ?? ofInterfaces(interfaces, vpcByID, subnetByID)
    }

    private static func ofSubnets(
        _ subnets: [Topology.Subnet], _ vpcByID: [String: Topology.VPC]
    ) -> TopologyContradiction? {
        for (index, subnet) in subnets.enumerated() {
            guard let vpc = vpcByID[subnet.vpc], !vpc.cidrs.isEmpty else { continue }
            for (place, cidr) in subnet.cidrs.enumerated() where !vpc.cidrs.contains(where: { $0.contains(cidr) }) {
                return TopologyContradiction(
                    [.key("subnets"), .index(index), .key("cidrs"), .index(place)],
                    "\(subnet.id) has \(cidr), which is not within \(vpc.id) (\(list(vpc.cidrs))); "
                        + "expected a CIDR within the VPC, or a complete list of its CIDRs")
            }
        }
        return nil
    }

    private static func ofPeerings(
        _ peerings: [Topology.PeeringConnection], _ vpcByID: [String: Topology.VPC]
    ) -> TopologyContradiction? {
        var regions = vpcByID.mapValues { (region: $0.region, source: "vpcs") }
        for (index, peering) in peerings.enumerated() {
            for (key, side) in [("requester", peering.requester), ("accepter", peering.accepter)] {
                guard let region = side.region else { continue }
                guard let known = regions[side.vpc] else {
                    regions[side.vpc] = (region, peering.id)
                    continue
                }
                guard known.region != region else { continue }
                return TopologyContradiction(
                    [.key("peerings"), .index(index), .key(key), .key("region")],
                    "\(peering.id) places \(side.vpc) in \(region), but \(known.source) places it in \(known.region); "
                        + "expected \(known.region)")
            }
        }
        return nil
    }

    private static func ofInterfaces(
        _ interfaces: [Topology.Interface], _ vpcByID: [String: Topology.VPC],
        _ subnetByID: [String: Topology.Subnet]
    ) -> TopologyContradiction? {
        for (index, interface) in interfaces.enumerated() {
            let vpc = vpcByID[interface.vpc]
            let subnet = subnetByID[interface.subnet]
            if let subnet, subnet.vpc != interface.vpc {
                return TopologyContradiction(
                    [.key("interfaces"), .index(index), .key("subnet")],
                    "\(interface.id) of \(interface.vpc) is in \(subnet.id), which belongs to \(subnet.vpc); "
                        + "expected a subnet of \(interface.vpc)")
            }
            let networks: [(key: String, prefixes: [IPPrefix])] = [
                ("addresses", interface.addresses.compactMap { IPPrefix(address: $0, length: $0.bitCount) }),
                ("prefixes", interface.prefixes),
            ]
            for (key, prefixes) in networks {
                for (place, prefix) in prefixes.enumerated() {
                    let path: [Step] = [.key("interfaces"), .index(index), .key(key), .index(place)]
                    let text = key == "addresses" ? "\(prefix.address)" : "\(prefix)"
                    if let vpc, !vpc.cidrs.isEmpty, !vpc.cidrs.contains(where: { $0.contains(prefix) }) {
                        return TopologyContradiction(
                            path,
                            "\(interface.id) has \(text), which is not within \(vpc.id) (\(list(vpc.cidrs))); "
                                + "expected an address within the VPC, or a complete list of its CIDRs")
                    }
                    if let subnet, !subnet.cidrs.isEmpty, !subnet.cidrs.contains(where: { $0.contains(prefix) }) {
                        let right = subnetByID.values.filter { other in
                            other.vpc == interface.vpc && other.cidrs.contains { $0.contains(prefix) }
                        }
                        let other = right.map(\.id).min().map { "; \($0) contains it" } ?? ""
                        return TopologyContradiction(
                            path,
                            "\(interface.id) has \(text), which is not within \(subnet.id) (\(list(subnet.cidrs)))\(other); "
                                + "expected the subnet that contains it, with all of its CIDRs")
                    }
                }
            }
        }
        return nil
    }

    private static func list(_ cidrs: [IPPrefix]) -> String { cidrs.map(\.description).joined(separator: ", ") }
}

extension TopologySnapshot {
    /// The first contradiction in the snapshot, as a sentence. Nil if there is none.
    var contradiction: String? {
        TopologyContradiction.first(
            vpcs: Array(topology.vpcs.values), subnets: Array(topology.subnets.values),
            peerings: Array(topology.peerings.values), interfaces: Array(topology.interfaces.values))?.problem
    }
}
