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
    public var path: PathPolicy

    public init(
        extraFamilies: Set<String> = [], deniedFamilies: Set<String> = [], peerings: [Peering] = [],
        requiresCertificate: Bool = false, leastProvenance: [FactName: Provenance] = [:],
        path: PathPolicy = PathPolicy()
    ) {
        self.extraFamilies = extraFamilies
        self.deniedFamilies = deniedFamilies
        self.peerings = peerings
        self.requiresCertificate = requiresCertificate
        self.leastProvenance = leastProvenance
        self.path = path
    }
}
