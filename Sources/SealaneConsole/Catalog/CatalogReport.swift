import SealaneControl
import SealaneEligibility

/// The instance families and whether they encrypt in transit: `sealane catalog list --json`.
package struct CatalogReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var families: [CatalogEntry]

    package init(families: [CatalogEntry]) {
        self.families = families
    }
}
