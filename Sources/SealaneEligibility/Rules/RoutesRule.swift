/// According to the topology, no route in either direction leads through a device.
struct RoutesRule: Rule {
    var codes: [ReasonCode] { [.pathDevice, .pathMissing, .pathUnknown, .regionMismatch, .identityMismatch] }
    var evidence: RuleEvidence { .path }
    /// A topology describes the path before any packet is sent, so the policy may require it.
    var reactions: [Reaction] { Reaction.allCases }
    var trigger: String { "when the route tables send packets through a device" }
    var passText: String { "no device in either direction" }

    func observation(in evaluated: Case) -> String? { evaluated.path.routes?.summary }

    func isWaiting(in evaluated: Case) -> Bool { all(evaluated).contains { $0.code == .pathUnknown } }

    func evaluate(_ evaluated: Case) -> [Reason] {
        evaluated.policy[.routes] == .require ? all(evaluated) : all(evaluated).filter { $0.code != .pathUnknown }
    }

    private func all(_ evaluated: Case) -> [Reason] {
        evaluated.path.routes?.verdict.reasons
            ?? [
                Reason(
                    code: .pathUnknown, observed: "no topology", required: "a topology of both ends' networks",
                    source: "this host's configuration, topology.file")
            ]
    }
}
