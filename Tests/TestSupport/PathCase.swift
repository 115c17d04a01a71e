/// Two addresses of the sample network, and what AWS's rules make of the path between them.
///
/// Written from the rules, whose pages the documentation of `choice(in:for:)` and of `Crossing` names, before anything
/// was run.
package struct PathCase: Sendable, CustomStringConvertible {
    /// The rule that decides.
    package let rule: String
    package let from: String
    package let to: String
    /// The reason's code; nil: packets arrive and pass no device.
    package let there: String?
    package let back: String?
    /// The codes that are about the ends themselves.
    package let ends: [String]
    /// Ids that the reasons must name.
    package let names: [String]
    /// Why moto cannot show it; nil: it can.
    package let lackingInMoto: String?

    package var description: String { "\(from) to \(to): \(rule)" }

    private init(
        _ rule: String, _ from: String, _ to: String, there: String? = nil, back: String? = nil, ends: [String] = [],
        names: [String] = [], lackingInMoto: String? = nil
    ) {
        self.rule = rule
        self.from = from
        self.to = to
        self.there = there
        self.back = back
        self.ends = ends
        self.names = names
        self.lackingInMoto = lackingInMoto
    }
}

private let device = "path-device"
private let missing = "path-missing"
private let unknown = "path-unknown"
private let region = "region-mismatch"

extension PathCase {
    package static let all: [PathCase] = within + appliances + peered + prefixLists + gateways + strangers + handMade

    private static let within: [PathCase] = [
        .init("same subnet", "10.0.1.10", "10.0.1.11"),
        .init("same subnet, whose table sends its own CIDR to an appliance", "10.0.4.10", "10.0.4.11"),
        .init("local, main table on both sides", "10.0.1.10", "10.0.2.10"),
        .init("local, explicit association on one side", "10.0.1.10", "10.0.3.10"),
        .init("local, explicit associations on both sides", "10.0.3.10", "10.0.5.10"),
        .init("local, a default route to a gateway beside it", "10.0.12.10", "10.0.2.10"),
        .init("local in another VPC, explicit associations", "10.1.2.10", "10.1.3.10"),
        .init("local, main and explicit", "10.2.1.10", "10.2.2.10"),
        .init("local, to an instance's second interface", "10.0.1.10", "10.0.13.5"),
        .init("local, to the appliance itself", "10.0.3.10", "10.0.7.5"),
        .init("local, beside routes of every kind", "10.0.20.10", "10.0.1.10"),
        .init(
            "an interface that is attached to nothing", "10.0.1.10", "10.0.7.23", ends: [missing], names: ["eni-loose"]),
    ]

    private static let appliances: [PathCase] = [
        .init(
            "more specific than local, to an appliance, both ways", "10.0.3.10", "10.0.4.10", there: device,
            back: device, names: ["eni-fw", "rtb-a3", "rtb-a4"]),
        .init("more specific than local does not concern other subnets", "10.0.3.10", "10.0.2.10"),
        .init(
            "more specific than local, to a NAT gateway, one way", "10.0.5.10", "10.0.6.10", there: device,
            names: ["nat-a", "rtb-a5"]),
        .init("the other way round", "10.0.6.10", "10.0.5.10", back: device, names: ["nat-a"]),
        .init("a route to the interface that is the destination's own", "10.0.8.10", "10.0.9.10"),
        .init(
            "the same route for its neighbour", "10.0.8.10", "10.0.9.11", there: device, names: ["eni-a9"]),
        .init(
            "local replaced by an appliance", "10.0.11.10", "10.0.2.10", there: device, names: ["eni-fw", "rtb-a11"]),
        .init("local replaced by an appliance, to the appliance", "10.0.11.10", "10.0.7.5"),
    ]

    private static let peered: [PathCase] = [
        .init("active peering, main tables", "10.0.1.10", "10.1.1.10"),
        .init("active peering, another subnet", "10.0.2.10", "10.1.1.10"),
        .init("active peering between others", "10.1.1.10", "10.2.1.10"),
        .init("no route there", "10.0.3.10", "10.1.1.10", there: missing, names: ["rtb-a3"]),
        .init("no route back", "10.0.1.10", "10.1.3.10", back: missing, names: ["rtb-b3"]),
        .init("no route back, another pair", "10.1.1.10", "10.2.2.10", back: missing, names: ["rtb-c2"]),
        .init("back by a transit gateway", "10.0.1.10", "10.1.2.10", back: device, names: ["tgw-1", "rtb-b2"]),
        .init("back by a longer prefix to a NAT gateway", "10.0.1.10", "10.1.4.10", back: device, names: ["nat-b"]),
        .init("the longer prefix does not hold the address", "10.0.2.10", "10.1.4.10"),
        .init("a longer prefix to the peering beside a transit gateway", "10.0.14.10", "10.1.1.10"),
        .init(
            "the longer prefix to the peering does not hold the address", "10.0.14.10", "10.1.3.10", there: device,
            back: missing, names: ["tgw-1", "rtb-b3"]),
        .init(
            "not transitive, there", "10.0.10.10", "10.2.1.10", there: missing, back: device,
            names: ["pcx-ab", "vpc-c", "tgw-1"]),
        .init(
            "not transitive, back", "10.0.1.10", "10.2.2.10", there: device, back: missing, names: ["pcx-bc", "tgw-1"]),
        .init(
            "not transitive, both ways", "10.0.10.10", "10.2.2.10", there: missing, back: missing,
            names: ["pcx-ab", "pcx-bc"]),
        .init("not accepted", "10.0.1.10", "10.3.1.10", there: missing, back: missing, names: ["pcx-ad"]),
        .init("another Region", "10.0.1.10", "10.4.1.10", there: region, back: region, names: ["pcx-ae"]),
        .init("no peering at all", "10.3.1.10", "10.1.1.10", there: missing, back: missing),
        .init("one way only", "10.1.2.10", "10.2.1.10", there: missing, names: ["rtb-b2"]),
    ]

    private static let prefixLists: [PathCase] = [
        .init("a prefix list to the peering", "10.0.1.10", "10.1.5.10"),
        .init("static before a prefix list of the same length", "10.0.1.10", "10.1.6.10"),
        .init(
            "a longer prefix in a prefix list before a static route", "10.0.1.10", "10.1.9.10", there: device,
            names: ["tgw-1", "pl-1"]),
        .init(
            "a prefix list to a transit gateway", "10.0.1.10", "10.6.1.10", there: device, back: device,
            names: ["tgw-1", "pl-1"]),
        .init("the same, from another subnet", "10.6.1.10", "10.0.2.10", there: device, back: device, names: ["tgw-1"]),
        .init(
            "two prefix lists, of which AWS takes any", "10.0.1.10", "10.1.15.10", back: device,
            names: ["tgw-1", "pl-3"]),
    ]

    private static let gateways: [PathCase] = [
        .init("a transit gateway, both ways", "10.0.1.10", "10.2.1.10", there: device, back: device, names: ["tgw-1"]),
        .init(
            "the default route to an internet gateway", "10.0.1.10", "10.7.1.10", there: device, back: missing,
            names: ["igw-a", "rtb-h-main"]),
        .init(
            "the default route to a NAT gateway", "10.0.12.10", "10.7.1.10", there: device, back: missing,
            names: ["nat-a"]),
        .init("no routes between two VPCs", "10.7.1.10", "10.1.1.10", there: missing, back: missing),
        kind("10.100.9.1", "nat-a"), kind("10.100.10.1", "igw-a"), kind("10.100.11.1", "vgw-a"),
        kind("10.100.12.1", "eni-fw"), kind("10.100.13.1", "tgw-1"), kind("10.100.3.1", "cagw-1"),
        kind("10.100.1.1", "vpce-gwlb"),
        kind("10.100.2.1", "lgw-1", lackingInMoto: "no local gateways"),
        kind("10.100.4.1", "core-network-1", lackingInMoto: "no core networks"),
        kind("10.100.5.1", "odbnet-1", lackingInMoto: "no ODB networks"),
        kind("10.100.6.1", "10.0.7.9", lackingInMoto: "no route servers"),
        kind("10.100.7.1", "quantum-link-1", lackingInMoto: "nobody has it"),
        kind("10.100.8.1", "i-fw", lackingInMoto: "an instance as the only target is of old"),
    ]

    /// Nobody is known to have the address: whatever the way to it, the path is not known.
    private static func kind(_ to: String, _ target: String, lackingInMoto: String? = nil) -> PathCase {
        PathCase(
            "target \(target)", "10.0.20.10", to, there: device, back: unknown, ends: [unknown], names: [target],
            lackingInMoto: lackingInMoto)
    }

    private static let strangers: [PathCase] = [
        .init(
            "behind a virtual private gateway", "10.0.1.10", "192.168.5.5", there: device, back: unknown,
            ends: [unknown], names: ["vgw-a"]),
        .init(
            "on the internet", "10.0.1.10", "8.8.8.8", there: device, back: unknown, ends: [unknown], names: ["igw-a"]),
        .init("in the VPC, nobody's", "10.0.1.10", "10.0.1.200", back: unknown, ends: [unknown]),
        .init("in the peered VPC, nobody's", "10.0.1.10", "10.1.77.7", back: unknown, ends: [unknown]),
        .init(
            "over the peering, but not of the peered VPC", "10.0.10.10", "10.9.1.1", there: missing, back: unknown,
            ends: [unknown], names: ["pcx-ab"]),
        .init(
            "reserved, although the default route holds it", "10.0.1.10", "169.254.168.1", there: missing,
            back: unknown,
            ends: [unknown]),
    ]

    private static let noStates = "every route is active"
    private static let noPropagation = "propagated routes do not appear"
    private static let noTypes = "every interface is of type interface"
    private static let noIPv6 = "IPv6 networks cannot be chosen"

    private static let handMade: [PathCase] = [
        .init(
            "blackhole", "10.0.1.10", "10.5.1.10", there: missing, names: ["pcx-af", "blackhole"],
            lackingInMoto: noStates),
        .init(
            "filtered", "10.0.20.10", "10.100.14.1", there: missing, back: unknown, ends: [unknown],
            names: ["filtered"], lackingInMoto: noStates),
        .init(
            "a state that is not known", "10.0.20.10", "10.100.15.1", there: unknown, back: unknown, ends: [unknown],
            names: ["draining"], lackingInMoto: noStates),
        .init(
            "a prefix list before a propagated route", "10.0.1.10", "10.1.7.10", lackingInMoto: noPropagation),
        .init(
            "a propagated route", "10.0.1.10", "10.1.8.10", back: device, names: ["vgw-b"],
            lackingInMoto: noPropagation),
        .init("static before propagated", "10.0.1.10", "10.1.10.10", lackingInMoto: noPropagation),
        .init(
            "a longer propagated prefix before static", "10.0.1.10", "10.1.11.10", back: device, names: ["vgw-b"],
            lackingInMoto: noPropagation),
        .init("local before a longer propagated prefix", "10.1.12.10", "10.1.1.10", lackingInMoto: noPropagation),
        .init(
            "a route server's route beside a static one", "10.0.1.10", "10.1.17.10", back: device, names: ["10.1.7.7"],
            lackingInMoto: "no route servers"),
        .init(
            "a NAT gateway's interface", "10.0.1.10", "10.0.7.20", ends: [device], names: ["nat_gateway"],
            lackingInMoto: noTypes),
        .init(
            "a network load balancer's interface", "10.0.1.10", "10.0.7.21", ends: [device],
            names: ["network_load_balancer"], lackingInMoto: noTypes),
        .init(
            "an application load balancer's interface", "10.0.1.10", "10.0.7.22", ends: [device], names: ["eni-alb"],
            lackingInMoto: noTypes),
        .init("an elastic fabric adapter", "10.0.1.10", "10.0.7.24", lackingInMoto: noTypes),
        .init(
            "an association under way", "10.0.1.10", "10.1.13.10", back: unknown, names: ["rtb-b13", "associating"],
            lackingInMoto: "associations are at once"),
        .init(
            "a prefix list whose entries are not known", "10.0.1.10", "10.1.14.10", back: unknown, names: ["pl-hidden"],
            lackingInMoto: "every list can be read"),
        .init(
            "a peering connection that is not known", "10.0.1.10", "10.1.16.10", back: unknown, names: ["pcx-unseen"],
            lackingInMoto: "every peering connection can be seen"),
        .init(
            "no route table known", "10.8.1.10", "10.8.2.10", there: unknown, back: unknown,
            names: ["subnet-j1", "subnet-j2", "vpc-j"], lackingInMoto: "every VPC has a main table"),
        .init("no route table known, same subnet", "10.8.1.10", "10.8.1.11", lackingInMoto: "as above"),
        .init("a delegated prefix", "10.0.2.10", "10.0.1.70", lackingInMoto: "prefixes are not delegated"),
        .init("IPv6 by peering", "2001:db8:a:1::10", "2001:db8:b:1::10", lackingInMoto: noIPv6),
        .init(
            "IPv6 by an egress-only internet gateway", "2001:db8:a:1::10", "2001:db8:b:3::10", back: device,
            names: ["eigw-b"], lackingInMoto: noIPv6),
        .init(
            "IPv6 does not take an IPv4 default route", "2001:db8:a:1::10", "2001:db8:f::1", there: missing,
            back: unknown, ends: [unknown], names: ["rtb-a-main"], lackingInMoto: noIPv6),
    ]
}
