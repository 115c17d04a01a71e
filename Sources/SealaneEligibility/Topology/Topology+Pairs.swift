extension Topology {
    /// An instance and its primary interface.
    package struct Host: Sendable, Hashable {
        package let instance: Instance
        package let interface: Interface
        /// The first address of each family.
        package let ends: [PathEnd]
    }

    /// The instances with a known interface, ordered by VPC, subnet and ID.
    package var hosts: [Host] {
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

    /// Whether traffic between two hosts would be encrypted: evaluates the rules with the topology's facts about both
    /// hosts, and the path between them (over IPv4 if both have it).
    package func verdict(between first: Host, and second: Host) -> Verdict {
        // All hosts of a VPC are in the same Region, even if the Region is unknown.
        let common = first.interface.vpc == second.interface.vpc ? "the Region of \(first.interface.vpc)" : nil
        let routes: PathAnalysis
        if let (near, far) = PathEnd.pair(first.ends, second.ends) {
            routes = PathAnalysis(between: near, and: far, in: self, age: .zero, maximumAge: .zero)
        } else {
            let reason = Reason(
                code: .pathMissing, observed: "no common address family", required: "IPv4 or IPv6 on both",
                source: "topology, interfaces")
            routes = PathAnalysis(reasons: [reason], directions: [])
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
    /// The ends over which two hosts communicate: of one family, IPv4 if both have it. Nil if they have no family in
    /// common.
    package static func pair(_ first: [PathEnd], _ second: [PathEnd]) -> (PathEnd, PathEnd)? {
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
