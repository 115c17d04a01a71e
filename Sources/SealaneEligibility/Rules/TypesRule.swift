/// Both instance types encrypt traffic between instances, according to the catalog and the policy's families.
struct TypesRule: Rule {
    var codes: [ReasonCode] { [.localTypeUnsupported, .peerTypeUnsupported] }
    var needs: [FactName] { [.instanceType] }
    var trigger: String { "when an instance type does not encrypt in transit" }
    var passText: String { "both instance types encrypt in transit" }

    func evaluate(_ side: Side, in evaluated: Case) -> [Reason] {
        guard let type = evaluated.facts(of: side)?.known(.instanceType) else { return [] }
        let support = InstanceTypeCatalog.support(of: type.value, policy: evaluated.policy)
        guard support.status != .supported else { return [] }
        return [
            Reason(
                code: side == .local ? .localTypeUnsupported : .peerTypeUnsupported,
                observed: type.value + (support.note.map { " (\($0))" } ?? ""),
                required: "a type that encrypts in transit",
                source: "\(side.rawValue) type \(type.provenance), \(support.source)")
        ]
    }
}
