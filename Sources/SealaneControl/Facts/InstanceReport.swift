import SealaneEligibility

/// The known facts of an instance. JSON has one key for each fact; an absent fact is unknown.
package struct InstanceReport: Codable, Sendable, Equatable {
    private var values: [FactName: FactReport] = [:]

    package init(_ facts: Facts) {
        for name in FactName.allCases {
            values[name] = facts[name].map { FactReport(value: $0.value, source: $0.provenance) }
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FactName.self)
        for name in FactName.allCases { values[name] = try container.decodeIfPresent(FactReport.self, forKey: name) }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FactName.self)
        for name in FactName.allCases { try container.encodeIfPresent(values[name], forKey: name) }
    }

    package subscript(name: FactName) -> FactReport? { values[name] }

    /// The known facts, in the order in which reports show them.
    package var known: [(name: FactName, fact: FactReport)] {
        FactName.allCases.compactMap { name in values[name].map { (name, $0) } }
    }
}
