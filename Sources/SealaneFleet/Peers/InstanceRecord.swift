import SealaneEligibility

/// What an operator states about an instance, in JSON: one key for each fact. An absent fact is unknown.
package struct InstanceRecord: Codable, Sendable, Hashable {
    private var values: [FactName: String]

    /// - Parameter values: nil: the fact is unknown.
    package init(_ values: KeyValuePairs<FactName, String?> = [:]) {
        self.values = [:]
        for (name, value) in values { self.values[name] = value }
    }

    package init(_ facts: Facts) {
        values = [:]
        for name in FactName.allCases { values[name] = facts[name]?.value }
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(FactName.self)
        let container = try decoder.container(keyedBy: FactName.self)
        values = [:]
        for name in FactName.allCases { values[name] = try container.decodeIfPresent(String.self, forKey: name) }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: FactName.self)
        for name in FactName.allCases { try container.encodeIfPresent(values[name], forKey: name) }
    }

    package subscript(name: FactName) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }
}
