import SealaneEligibility

/// One fact and where it came from.
public struct FactReport: Codable, Sendable, Equatable {
    public var value: String
    /// The provenance in words: `stated by operator`.
    public var source: Provenance

    public init(value: String, source: Provenance) {
        self.value = value
        self.source = source
    }
}

/// What is known of an instance: in JSON one key for each fact. An absent fact is unknown.
public struct InstanceReport: Codable, Sendable, Equatable {
    private var values: [FactName: FactReport] = [:]

    public init(_ facts: Facts) {
        for name in FactName.allCases {
            values[name] = facts[name].map { FactReport(value: $0.value, source: $0.provenance) }
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: FactName.self)
        for name in FactName.allCases { values[name] = try container.decodeIfPresent(FactReport.self, forKey: name) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FactName.self)
        for name in FactName.allCases { try container.encodeIfPresent(values[name], forKey: name) }
    }

    public subscript(name: FactName) -> FactReport? { values[name] }

    /// The facts that are known, by name, in the order in which they are shown.
    var known: [(name: FactName, fact: FactReport)] {
        FactName.allCases.compactMap { name in values[name].map { (name, $0) } }
    }
}
