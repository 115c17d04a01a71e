import FoundationEssentials
import SealaneEligibility
import SealanePacket

/// A snapshot as a path witness: analyzes the paths between this host and its peers, which are identified by address
/// and facts.
package struct RouteWitness: Sendable, Equatable {
    package let snapshot: TopologySnapshot
    /// The maximum age of the snapshot; an older one proves nothing.
    package let maximumAge: Duration
    private let interfacesByAddress: [IPAddress: [Topology.Interface]]
    /// Interfaces with delegated prefixes, and so more addresses than those listed.
    private let interfacesWithPrefixes: [Topology.Interface]

    package init(_ snapshot: TopologySnapshot, maximumAge: Duration = TopologySnapshot.maximumAge) {
        self.snapshot = snapshot
        self.maximumAge = maximumAge
        var interfacesByAddress: [IPAddress: [Topology.Interface]] = [:]
        for interface in snapshot.topology.interfaces.values {
            for address in Set(interface.addresses) { interfacesByAddress[address, default: []].append(interface) }
        }
        self.interfacesByAddress = interfacesByAddress
        interfacesWithPrefixes = snapshot.topology.interfaces.values.filter { !$0.prefixes.isEmpty }
    }

    /// The last moment at which the snapshot is usable.
    package var freshUntil: Date { snapshot.takenAt + TimeInterval(maximumAge.components.seconds) }

    package func isFresh(at now: Date) -> Bool {
        PathAnalysis.isFresh(snapshot.age(at: now), maximumAge: maximumAge)
    }

    /// One end of a path, as an agent knows it.
    package struct End: Sendable {
        let address: IPAddress
        let facts: Facts

        /// - Parameter facts: the VPC distinguishes interfaces with the same address. The instance must be the
        ///   interface's.
        package init(address: IPAddress, facts: Facts) {
            self.address = address
            self.facts = facts
        }
    }

    /// Analyzes the path between two ends in both directions.
    package func analyze(from local: End, to peer: End, at now: Date) -> PathAnalysis {
        let analysis = PathAnalysis(
            between: pathEnd(local), and: pathEnd(peer), in: snapshot.topology, age: snapshot.age(at: now),
            maximumAge: maximumAge)
        // A snapshot that is too old says nothing about the ends either.
        guard !analysis.directions.isEmpty else { return analysis }
        let contradictions = [local, peer].compactMap(instanceReason) + regionReasons(local, peer)
        return PathAnalysis(reasons: contradictions + analysis.reasons, directions: analysis.directions)
    }

    /// Without an interface if no interface, or more than one, has the address.
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

    /// The address may belong to another instance since the snapshot, or may never have belonged to this one.
    private func instanceReason(_ end: End) -> Reason? {
        guard let instance = end.facts.known(.instanceID), let interface = pathEnd(end).interface,
            let owner = interface.instance, owner != instance.value
        else { return nil }
        return Reason(
            code: .pathUnknown, observed: "\(end.address) belongs to \(owner)", required: "\(instance.value)",
            source: "topology, \(interface.id)")
    }

    /// A contradiction between the snapshot and a host's facts about the Region of the host's VPC. Nothing that the
    /// snapshot says about the VPC is then reliable. Nil if they agree, or if one of them does not know the Region.
    package func regionContradiction(_ facts: Facts) -> (vpc: String, snapshot: String, facts: Fact<String>)? {
        guard let vpc = facts.known(.vpc)?.value, let region = facts.known(.region),
            let stated = snapshot.topology.region(ofVPC: vpc), stated != region.value
        else { return nil }
        return (vpc, stated, region)
    }

    private func regionReasons(_ local: End, _ peer: End) -> [Reason] {
        let reasons = [local, peer].compactMap { end -> Reason? in
            regionContradiction(end.facts).map { vpc, stated, region in
                Reason(
                    code: .identityMismatch, observed: "\(vpc) in \(stated)", required: "\(vpc) in \(region.value)",
                    source: "observed: topology; required: \(region.provenance)")
            }
        }
        return reasons.first == reasons.last ? Array(reasons.prefix(1)) : reasons
    }

    package static func == (one: RouteWitness, other: RouteWitness) -> Bool {
        one.snapshot == other.snapshot && one.maximumAge == other.maximumAge
    }
}
