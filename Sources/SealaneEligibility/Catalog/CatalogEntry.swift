/// One line of the catalog, with the policy applied.
package struct CatalogEntry: Sendable, Hashable, Codable {
    package let family: String
    package let encryptsInTransit: Bool
    package let source: TypeSupport.Source
}
