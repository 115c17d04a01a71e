/// One line of the catalog, with the policy applied.
public struct CatalogEntry: Sendable, Hashable, Codable {
    public let family: String
    public let encryptsInTransit: Bool
    public let source: TypeSupport.Source
}
