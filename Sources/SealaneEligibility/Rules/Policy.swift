/// What the operator decided beyond the rules' own constants.
public struct Policy: Sendable, Hashable {
    /// Families to treat as encrypting although the catalog does not say so.
    /// Each must satisfy `InstanceType.isFamilyName`; any other text matches no type.
    public var extraFamilies: Set<String>
    /// Families to treat as not encrypting, whatever the catalog and `extraFamilies` say.
    /// Each must satisfy `InstanceType.isFamilyName`; any other text matches no type, so refuse it when reading a config.
    public var deniedFamilies: Set<String>
    /// The VPC peerings the operator vouches for.
    public var peerings: [Peering]
    /// Whether a peer without a certificate that can be verified is refused, whatever is stated of it.
    public var requiresCertificate: Bool
    /// Of a peer's facts, the provenance that each must have at least. A fact that is not named may be stated.
    public var leastProvenance: [FactName: Provenance]
    /// The reactions that are not the rules' own.
    public private(set) var changedReactions: [RuleName: Reaction] = [:]
    /// How many routers on the path may decrement the TTL.
    public var hops: UInt8

    /// - Parameter reactions: those of rules that are not named are the rules' own.
    public init(
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

    /// What is made of a rule. A reaction that the rule does not have is not taken: `refuse` stands in for it.
    public subscript(rule: RuleName) -> Reaction {
        get { changedReactions[rule] ?? rule.rule.defaultReaction }
        set {
            let possible = rule.rule.reactions.contains(newValue) ? newValue : .refuse
            changedReactions[rule] = possible == rule.rule.defaultReaction ? nil : possible
        }
    }

    /// Whether a fact that the rule needs and that is unknown is one of its reasons.
    func mustKnowFacts(of rule: RuleName) -> Bool {
        self[rule] == .require || !rule.rule.reactions.contains(.require)
    }

    /// The facts of both ends without which no peer is eligible.
    public var neededFacts: [FactName] {
        let deciding = Rules.all.filter { self[$0].refuses && mustKnowFacts(of: $0) }
        let needs = Set(deciding.flatMap(\.rule.needs))
        return FactName.allCases.filter(needs.contains)
    }

    /// The least TTL or hop limit with which datagrams may arrive that left with 255.
    public var leastHopLimit: UInt8 { 255 - hops }
}
