extension Topology {
    /// An instance with the interface by which it talks.
    public struct Host: Sendable, Hashable {
        public let instance: Instance
        public let interface: Interface
        /// Of each family, the address that stands for it.
        public let ends: [PathEnd]
    }

    /// Those instances that an interface is known of, by VPC, subnet and id.
    public var hosts: [Host] {
        let attached = Dictionary(grouping: interfaces.values.filter { $0.instance != nil }) { $0.instance ?? "" }
        let all = attached.compactMap { id, interfaces -> Host? in
            guard let interface = Self.primary(among: interfaces), !interface.ends.isEmpty else { return nil }
            return Host(instance: instances[id] ?? Instance(id: id), interface: interface, ends: interface.ends)
        }
        return all.sorted {
            ($0.interface.vpc, $0.interface.subnet, $0.instance.id) < (
                $1.interface.vpc, $1.interface.subnet, $1.instance.id
            )
        }
    }

    /// Whether traffic between two hosts would be encrypted: the rules of a verdict by what the topology tells of both, and the
    /// path between them, of IPv4 where both have it.
    public func judge(_ first: Host, _ second: Host) -> Verdict {
        // Of a VPC whose Region is not told, it is still known that all of its hosts are in the same.
        let common = first.interface.vpc == second.interface.vpc ? "that of \(first.interface.vpc)" : nil
        let routes: PathJudgement
        if let (near, far) = PathEnd.pair(first.ends, second.ends) {
            routes = judgePath(between: near, and: far, in: self, age: .zero, maximumAge: .zero)
        } else {
            let reason = Reason(
                code: .pathMissing, observed: "no address of one family", required: "IPv4 or IPv6 on both",
                source: "topology, interfaces")
            routes = PathJudgement(reasons: [reason], directions: [])
        }
        return Case(
            local: LocalFacts(stated: facts(of: first, unknownRegion: common)),
            peer: PeerFacts(stated: facts(of: second, unknownRegion: common)), path: PathEvidence(routes: routes),
            policy: Policy(peerings: peerings.values.map(peering), reactions: [.routes: .require])
        ).verdict
    }

    private func facts(of host: Host, unknownRegion: String?) -> Facts {
        func fact(_ value: String?) -> Fact<String>? { value.map { Fact($0, .stated) } }
        return Facts([
            .instanceID: fact(host.instance.id), .instanceType: fact(host.instance.type),
            .region: fact(region(ofVPC: host.interface.vpc) ?? unknownRegion), .vpc: fact(host.interface.vpc),
            .subnet: fact(host.interface.subnet),
        ])
    }
}

extension PathEnd {
    /// Of the ends that two hosts have, those by which they talk: one family, IPv4 where both have it. Nil: they have none in
    /// common.
    public static func pair(_ first: [PathEnd], _ second: [PathEnd]) -> (PathEnd, PathEnd)? {
        for isIPv4 in [true, false] {
            if let near = first.first(where: { $0.address.isIPv4 == isIPv4 }),
                let far = second.first(where: { $0.address.isIPv4 == isIPv4 })
            {
                return (near, far)
            }
        }
        return nil
    }
}
