import Foundation

extension Encodable {
    /// The encoding of JSON files with figures: a change of one figure is a change of one line.
    var jsonFile: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self) + Data("\n".utf8)
        }
    }
}
