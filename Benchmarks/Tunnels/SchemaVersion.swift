import Foundation
import TestSupport

/// The version that a file of figures says it has, whatever else is in it.
struct SchemaVersion: Decodable {
    private let schemaVersion: Int

    /// Throws a `Failure` that names `path` unless the file has this version.
    static func require(_ version: Int, in data: Data, _ path: String) throws {
        let found = try JSONDecoder().decode(SchemaVersion.self, from: data).schemaVersion
        guard found == version else {
            throw Failure("\(path) has schemaVersion \(found), not \(version): measure anew")
        }
    }
}
