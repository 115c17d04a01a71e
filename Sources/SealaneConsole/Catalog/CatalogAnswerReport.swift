import SealaneControl
import SealaneEligibility

/// One instance type or family: `sealane catalog show NAME --json`.
package struct CatalogAnswerReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// As it was asked: `m5n.xlarge` or `m5n`.
    package var name: String
    package var family: String
    package var answer: TypeSupport.Answer
    package var source: TypeSupport.Source
    /// What speaks against it. Absent if nothing does.
    package var note: String?

    /// nil: `name` is neither an instance type nor a family, by its form.
    package init?(of name: String, policy: Policy = Policy()) {
        let type = InstanceType(name)
        guard let family = type?.family ?? (InstanceType.isFamilyName(name) ? name : nil) else { return nil }
        let support =
            type == nil
            ? InstanceTypeCatalog.support(ofFamily: family, policy: policy)
            : InstanceTypeCatalog.support(of: name, policy: policy)
        self.name = name
        self.family = family
        answer = support.answer
        source = support.source
        note = support.note
    }
}
