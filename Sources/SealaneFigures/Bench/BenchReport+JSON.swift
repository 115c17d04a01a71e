import FoundationEssentials

/// Why a text is not a readable report. The description has no control characters, even if the text has some.
package struct BenchReportProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
}

extension BenchReport {
    /// Reads the output of `sealane bench run --json`.
    package init(json: [UInt8]) throws(BenchReportProblem) {
        struct Version: Decodable {
            let schemaVersion: Int
        }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let data = Data(json)
        let version: Int
        do {
            version = try decoder.decode(Version.self, from: data).schemaVersion
        } catch {
            throw BenchReportProblem(
                description: "not JSON with a schemaVersion; expected the output of sealane bench run --json")
        }
        guard version == Self.currentSchemaVersion else {
            throw BenchReportProblem(
                description: "schemaVersion \(version); expected \(Self.currentSchemaVersion)")
        }
        do {
            self = try decoder.decode(BenchReport.self, from: data)
        } catch {
            throw BenchReportProblem(
                description: "not a report of sealane bench run: \(Self.sentence(error).printable)")
        }
    }

    /// Says what is wrong, and where.
    private static func sentence(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        let (context, missing): (DecodingError.Context, (any CodingKey)?) =
            switch error {
            case .keyNotFound(let key, let context): (context, key)
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                (context, nil)
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), nil)
            }
        let path = (context.codingPath + (missing.map { [$0] } ?? [])).map { key in
            key.intValue.map { "\($0)" } ?? key.stringValue
        }.joined(separator: ".")
        return missing != nil ? "\(path) is missing" : "\(path): \(context.debugDescription)"
    }
}
