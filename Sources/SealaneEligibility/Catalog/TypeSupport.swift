/// Whether an instance type encrypts in transit, and the source of that information.
public struct TypeSupport: Sendable, Hashable {
    public enum Status: String, Sendable, Codable {
        case supported, unsupported
        /// No source knows. Does not pass.
        case unknown
    }

    public enum Source: String, Sendable, Codable, CustomStringConvertible {
        case catalog
        case extraFamilies = "policy extra-families"
        case deniedFamilies = "policy denied-families"

        public var description: String { rawValue }
    }

    public let status: Status
    public let source: Source
    /// Nil if the text is not an instance type name.
    public let family: String?
    /// Why the type is not supported, in a few words. Nil if it is supported.
    public let note: String?
}
