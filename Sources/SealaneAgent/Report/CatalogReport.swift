import SealaneEligibility

/// The instance families and whether they encrypt in transit: `sealane catalog list --json`.
public struct CatalogReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    public var families: [CatalogEntry]

    public init(families: [CatalogEntry]) {
        self.families = families
    }
}

/// One instance type or family: `sealane catalog show NAME --json`.
public struct CatalogAnswerReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    /// As it was asked: `m5n.xlarge` or `m5n`.
    public var name: String
    public var family: String
    public var answer: TypeSupport.Status
    public var source: TypeSupport.Source
    /// What speaks against it. Absent if nothing does.
    public var note: String?

    /// nil: `name` is neither an instance type nor a family, by its form.
    public init?(of name: String, policy: Policy = Policy()) {
        let type = InstanceType(name)
        guard let family = type?.family ?? (InstanceType.isFamilyName(name) ? name : nil) else { return nil }
        let support =
            type == nil
            ? InstanceTypeCatalog.support(ofFamily: family, policy: policy)
            : InstanceTypeCatalog.support(of: name, policy: policy)
        self.name = name
        self.family = family
        answer = support.status
        source = support.source
        note = support.note
    }
}
