/// Whether an instance type encrypts in transit, and the source of that information.
package struct TypeSupport: Sendable, Hashable {
    package enum Status: String, Sendable, Codable {
        case supported, unsupported
        /// No source knows. Does not pass.
        case unknown
    }

    package enum Source: String, Sendable, Codable, CustomStringConvertible {
        case catalog
        case extraFamilies = "policy extra-families"
        case deniedFamilies = "policy denied-families"

        package var description: String { rawValue }
    }

    package let status: Status
    package let source: Source
    /// Nil if the text is not an instance type name.
    package let family: String?
    /// Why the type is not supported, in a few words. Nil if it is supported.
    package let note: String?
}
