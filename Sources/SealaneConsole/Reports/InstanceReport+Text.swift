import SealaneControl
import SealaneEligibility

extension InstanceReport {
    /// `type m5n.xlarge, region us-east-1, ... (stated by operator)`: the values, grouped by provenance.
    var text: String {
        guard !known.isEmpty else { return "unknown" }
        var groups: [(source: Provenance, values: [String])] = []
        for (name, fact) in known {
            let value = "\(name) \(fact.value)"
            if let index = groups.firstIndex(where: { $0.source == fact.source }) {
                groups[index].values.append(value)
            } else {
                groups.append((fact.source, [value]))
            }
        }
        return groups.map { "\($0.values.joined(separator: ", ")) (\($0.source))" }.joined(separator: "\n")
    }
}
