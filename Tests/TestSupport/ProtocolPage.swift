import Foundation

/// docs/protocol.md and its vectors, which the tests of several modules read.
package enum ProtocolPage {
    private static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    package static func text() throws -> String {
        try String(contentsOf: root.appending(path: "docs/protocol.md"), encoding: .utf8)
    }

    /// What `type` has of Tests/Vectors/protocol.json.
    package static func vectors<Vectors: Decodable>(_ type: Vectors.Type) throws -> Vectors {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(contentsOf: root.appending(path: "Tests/Vectors/protocol.json")))
    }
}
