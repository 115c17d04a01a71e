import SealaneControl
import SealaneEligibility

/// One instance type or family: `sealane catalog show NAME --json`.
package struct CatalogAnswerReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// The type or family in question: `m5n.xlarge` or `m5n`.
    package var name: String
    package var family: String
    package var answer: TypeSupport.Status
    package var source: TypeSupport.Source
    /// A remark against it; absent: none.
    package var note: String?

    /// Nil: `name` has neither the form of an instance type nor that of a family.
    package init?(of name: String, policy: Policy = Policy()) {
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
