/// How a fact became known, weakest first. The policy sets a minimum provenance, so the order is part of the contract.
///
/// In text and JSON it is written in words (`"stated by operator"`), never as a number.
package enum Provenance: Int, Comparable, CaseIterable, Sendable, CustomStringConvertible {
    case stated = 1
    case instanceMetadata
    case certificate
    case signedDocument

    package var description: String {
        switch self {
        case .stated: "stated by operator"
        case .instanceMetadata: "instance metadata"
        case .certificate: "certificate"
        case .signedDocument: "AWS-signed document"
        }
    }

    package static func < (left: Provenance, right: Provenance) -> Bool { left.rawValue < right.rawValue }
}

extension Provenance: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let match = Provenance.allCases.first(where: { $0.description == text }) else {
            let known = Provenance.allCases.map(\.description).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "unknown provenance \"\(text)\", expected one of: \(known)")
        }
        self = match
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
