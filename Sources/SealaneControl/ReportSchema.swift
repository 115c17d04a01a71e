import FoundationEssentials

/// The JSON of the control API and of `--json`. It is stable within a `schemaVersion`: keys are only added. An absent
/// key means unknown or not applicable. Times are RFC 3339 in UTC.
package enum ReportSchema {
    package static var version: Int { 1 }

    /// `report` as JSON text that ends with a newline, with sorted keys.
    package static func encode(_ report: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return try [UInt8](encoder.encode(report)) + [UInt8(ascii: "\n")]
    }

    /// `report` as JSON text in one line, without a newline.
    package static func encodeLine(_ report: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(report))
    }

    package static func decode<Report: Decodable>(_ type: Report.Type, from json: [UInt8]) throws -> Report {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: Data(json))
    }
}
