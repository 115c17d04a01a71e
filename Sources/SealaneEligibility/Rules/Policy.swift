/// The operator's decisions about the rules.
package struct Policy: Sendable, Hashable {
    /// Families to treat as encrypting although the catalog does not list them as such. Each must satisfy
    /// `InstanceType.isFamilyName`; other text matches no type.
    package var extraFamilies: Set<String>
    /// Families to treat as not encrypting, whatever the catalog and `extraFamilies` say. Each must satisfy
    /// `InstanceType.isFamilyName`; other text matches no type, so the configuration decoder must refuse it.
    package var deniedFamilies: Set<String>
    /// The VPC peering connections that the operator stated.
    package var peerings: [Peering]
    /// Whether a peer without a verified certificate is refused, whatever the operator stated.
    package var requiresCertificate: Bool
    /// The minimum provenance for facts of a peer. Facts not listed here may be stated.
    package var leastProvenance: [FactName: Provenance]
    /// Reactions that differ from the rules' defaults.
    package private(set) var changedReactions: [RuleName: Reaction] = [:]
    /// The number of routers on the path that may decrement the TTL.
    package var hops: UInt8

    /// - Parameter reactions: rules not listed here have their default reaction.
    package init(
        extraFamilies: Set<String> = [], deniedFamilies: Set<String> = [], peerings: [Peering] = [],
        requiresCertificate: Bool = false, leastProvenance: [FactName: Provenance] = [:],
        reactions: [RuleName: Reaction] = [:], hops: UInt8 = 0
    ) {
        self.extraFamilies = extraFamilies
        self.deniedFamilies = deniedFamilies
        self.peerings = peerings
        self.requiresCertificate = requiresCertificate
        self.leastProvenance = leastProvenance
        self.hops = hops
        for (rule, reaction) in reactions { self[rule] = reaction }
    }

    /// The reaction for a rule. Setting one that the rule does not support sets `refuse` instead.
    package subscript(rule: RuleName) -> Reaction {
        get { changedReactions[rule] ?? rule.rule.defaultReaction }
        set {
            let possible = rule.rule.reactions.contains(newValue) ? newValue : .refuse
            changedReactions[rule] = possible == rule.rule.defaultReaction ? nil : possible
        }
    }

    /// Whether an unknown fact that the rule needs is a reason of the rule.
    func mustKnowFacts(of rule: RuleName) -> Bool {
        self[rule] == .require || !rule.rule.reactions.contains(.require)
    }

    /// The facts that must be known for both ends for a peer to be eligible.
    package var neededFacts: [FactName] {
        let deciding = Rules.all.filter { self[$0].refuses && mustKnowFacts(of: $0) }
        let needs = Set(deciding.flatMap(\.rule.needs))
        return FactName.allCases.filter(needs.contains)
    }

    /// The minimum TTL or hop limit of arriving datagrams, which are sent with 255.
    package var leastHopLimit: UInt8 { 255 - hops }
}
