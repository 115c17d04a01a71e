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
        let policy = Policy(peerings: peerings.values.map(\.peering))
        let rules = SealaneEligibility.judge(local: facts(of: first), peer: facts(of: second), policy: policy)
        let pairs = first.ends.compactMap { near in
            second.ends.first { $0.address.isIPv4 == near.address.isIPv4 }.map { (near, $0) }
        }
        let path: [Reason]
        if let (near, far) = pairs.first(where: { $0.0.address.isIPv4 }) ?? pairs.first {
            path = judgePath(between: near, and: far, in: self, age: .zero, maximumAge: .zero).verdict.reasons
        } else {
            path = [
                Reason(
                    code: .pathMissing, observed: "no address of one family", required: "IPv4 or IPv6 on both",
                    source: "topology, interfaces")
            ]
        }
        let all = rules.reasons + path
        return all.isEmpty ? .eligible : .refused(all)
    }

    private func facts(of host: Host) -> Facts {
        func fact(_ value: String?) -> Fact<String>? { value.map { Fact($0, .stated) } }
        return Facts(
            instanceID: fact(host.instance.id), instanceType: fact(host.instance.type),
            region: fact(vpcs[host.interface.vpc]?.region), vpc: fact(host.interface.vpc),
            subnet: fact(host.interface.subnet))
    }
}
