import SealaneControl
import SealaneEligibility

/// Every instance family, and whether it encrypts in transit: `sealane catalog list --json`.
package struct CatalogReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var families: [CatalogEntry]

    package init(families: [CatalogEntry]) {
        self.families = families
    }
}
