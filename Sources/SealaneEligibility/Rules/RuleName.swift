/// The names of the rules, in the order of evaluation and of README's table. The raw value is the key in the
/// configuration and in JSON.
package enum RuleName: String, CaseIterable, Sendable, Codable, CustomStringConvertible {
    case host, certificate, proof, types, region, vpc, facts, addresses, placement, translation, forwarding, mtu, routes

    package var description: String { rawValue }

    package var rule: any Rule {
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
