import SealaneControl
import SealaneEligibility

extension InstanceReport {
    /// `m5n.xlarge in us-east-1, vpc-0a, ... (stated by operator)`: values by the word that says how they are known.
    var text: String {
        guard !known.isEmpty else { return "nothing is known of it" }
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
