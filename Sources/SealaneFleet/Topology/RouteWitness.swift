import FoundationEssentials
import SealaneEligibility
import SealanePacket

/// A snapshot as a witness: what it tells of the paths between this host and its peers, which are known by address and facts.
public struct RouteWitness: Sendable, Equatable {
    public let snapshot: TopologySnapshot
    /// How old the snapshot may be before what it says is unknown.
    public let maximumAge: Duration
    private let interfacesByAddress: [IPAddress: [Topology.Interface]]
    /// Those that have more addresses than are listed.
    private let interfacesWithPrefixes: [Topology.Interface]

    public init(_ snapshot: TopologySnapshot, maximumAge: Duration = TopologySnapshot.maximumAge) {
        self.snapshot = snapshot
        self.maximumAge = maximumAge
        var interfacesByAddress: [IPAddress: [Topology.Interface]] = [:]
        for interface in snapshot.topology.interfaces.values {
            for address in Set(interface.addresses) { interfacesByAddress[address, default: []].append(interface) }
        }
        self.interfacesByAddress = interfacesByAddress
        interfacesWithPrefixes = snapshot.topology.interfaces.values.filter { !$0.prefixes.isEmpty }
    }

    /// The last moment at which it tells anything.
    public var freshUntil: Date { snapshot.takenAt + TimeInterval(maximumAge.components.seconds) }

    public func isFresh(at now: Date) -> Bool {
        PathJudgement.isFresh(snapshot.age(at: now), maximumAge: maximumAge)
    }

    /// One end of a path, as an agent knows it.
    public struct End: Sendable {
        let address: IPAddress
        let facts: Facts

        /// - Parameter facts: the VPC tells apart interfaces of one address, and the instance must be the interface's.
        public init(address: IPAddress, facts: Facts) {
            self.address = address
            self.facts = facts
        }
    }

    /// What the routes tell of the path between two ends, there and back.
    public func judge(_ local: End, _ peer: End, at now: Date) -> PathJudgement {
        let judgement = judgePath(
            between: pathEnd(local), and: pathEnd(peer), in: snapshot.topology, age: snapshot.age(at: now),
            maximumAge: maximumAge)
        // What is too old tells nothing of the ends either.
        guard !judgement.directions.isEmpty else { return judgement }
        let strangers = [local, peer].compactMap(instanceReason) + regionReasons(local, peer)
        return PathJudgement(reasons: strangers + judgement.reasons, directions: judgement.directions)
    }

    /// Without an interface if none has the address, or several do and it is not known which is meant.
    private func pathEnd(_ end: End) -> PathEnd {
        let owners = owners(of: end)
        return PathEnd(address: end.address, interface: owners.count == 1 ? owners[0] : nil)
    }

    private func owners(of end: End) -> [Topology.Interface] {
        let listed = interfacesByAddress[end.address] ?? []
        let all = listed.isEmpty ? interfacesWithPrefixes.filter { $0.has(end.address) } : listed
        guard let vpc = end.facts.known(.vpc) else { return all }
        return all.filter { $0.vpc == vpc.value }
    }

    /// An address may have gone to another instance since the snapshot was taken, or never have been this one's.
    private func instanceReason(_ end: End) -> Reason? {
        guard let instance = end.facts.known(.instanceID), let interface = pathEnd(end).interface,
            let owner = interface.instance, owner != instance.value
        else { return nil }
        return Reason(
            code: .pathUnknown, observed: "\(end.address) is \(owner)'s", required: "\(instance.value)'s",
            source: "topology, \(interface.id)")
    }

    /// Where a snapshot and the facts of a host differ on the Region of the host's VPC: nothing that the snapshot says of the VPC
    /// is then to be relied on. Nil: they do not, or one of them tells none.
    public func regionContradiction(_ facts: Facts) -> (vpc: String, snapshot: String, facts: Fact<String>)? {
        guard let vpc = facts.known(.vpc)?.value, let region = facts.known(.region),
            let told = snapshot.topology.region(ofVPC: vpc), told != region.value
        else { return nil }
        return (vpc, told, region)
    }

    private func regionReasons(_ local: End, _ peer: End) -> [Reason] {
        let reasons = [local, peer].compactMap { end -> Reason? in
            regionContradiction(end.facts).map { vpc, told, region in
                Reason(
                    code: .identityMismatch, observed: "\(vpc) in \(told)", required: "\(vpc) in \(region.value)",
                    source: "observed: topology; required: \(region.provenance)")
            }
        }
        return reasons.first == reasons.last ? Array(reasons.prefix(1)) : reasons
    }

    public static func == (one: RouteWitness, other: RouteWitness) -> Bool {
        one.snapshot == other.snapshot && one.maximumAge == other.maximumAge
    }
}
