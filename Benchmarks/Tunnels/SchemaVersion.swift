import Foundation
import TestSupport

/// Decodes only the version of a file of figures.
struct SchemaVersion: Decodable {
    private let schemaVersion: Int

    /// Throws a `Failure` with `path` unless the file has this version.
    static func require(_ version: Int, in data: Data, _ path: String) throws {
        let found = try JSONDecoder().decode(SchemaVersion.self, from: data).schemaVersion
        guard found == version else {
            throw Failure("\(path): schemaVersion \(found); expected \(version): measure again")
        }
    }
}
