/// Both instances are in one VPC, or an active peering connection within the Region connects their VPCs.
struct VPCRule: Rule {
    var codes: [ReasonCode] { [.vpcNotShared, .peeringNotActive] }
    var needs: [FactName] { [.vpc] }
    var trigger: String { "when the two are in different VPCs that no active peering connects" }
    var passText: String { "both instances are in one VPC, or an active peering connects their VPCs" }

    func evaluate(_ evaluated: Case) -> [Reason] {
        guard let local = evaluated.local.facts.known(.vpc), let peer = evaluated.peer?.facts.known(.vpc),
            local.value != peer.value
        else { return [] }
        let regions = [evaluated.local.facts.known(.region), evaluated.peer?.facts.known(.region)]
        let joining = evaluated.policy.peerings.filter { $0.joins(local.value, peer.value) }.sorted { $0.id < $1.id }
        let usable = joining.filter { peering in
            peering.isWithinOneRegion
                && regions.allSatisfy { $0 == nil || $0?.value == peering.requesterRegion }
        }
        guard !usable.contains(where: \.isActive) else { return [] }
        let source = "\(sources(local, peer)), policy peerings"
        if usable.isEmpty {
            // An inter-Region peering does not satisfy this rule, whatever its status. Neither does a peering that is
            // stated for a Region other than that of the hosts.
            let between = joining.map { "\($0.id) between \($0.requesterRegion) and \($0.accepterRegion)" }
            let note = between.isEmpty ? "no peering" : "only " + between.joined(separator: ", ")
            return [
                Reason(
                    code: .vpcNotShared, observed: "local \(local.value), peer \(peer.value), \(note)",
                    required: "one VPC, or an active peering within one Region", source: source)
            ]
        }
        return [
            Reason(
                code: .peeringNotActive, observed: usable.map { "\($0.id) \($0.status)" }.joined(separator: ", "),
                required: "status active", source: source)
        ]
    }
}
