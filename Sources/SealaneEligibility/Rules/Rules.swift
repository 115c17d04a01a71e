/// The rules by name, in the order in which they are evaluated and reported: README's table. The raw value is the key of the
/// configuration and of JSON.
public enum RuleName: String, CaseIterable, Sendable, Codable, CustomStringConvertible {
    case host, certificate, proof, types, region, vpc, facts, addresses, placement, translation, forwarding, mtu, routes

    public var description: String { rawValue }

    public var rule: any Rule {
        switch self {
        case .host: HostRule()
        case .certificate: CertificateRule()
        case .proof: ProofRule()
        case .types: TypesRule()
        case .region: RegionRule()
        case .vpc: VPCRule()
        case .facts: FactsRule()
        case .addresses: AddressesRule()
        case .placement: PlacementRule()
        case .translation: TranslationRule()
        case .forwarding: ForwardingRule()
        case .mtu: MTURule()
        case .routes: RoutesRule()
        }
    }
}

/// All rules there are.
public enum Rules {
    public static let all = RuleName.allCases
    /// Those about the two hosts: what is known, claimed and proven of them.
    public static let ofHosts = all.filter { $0.rule.evidence != .path }
    /// Those about the path between them.
    public static let ofPath = all.filter { $0.rule.evidence == .path }
}
