/// This host itself is in order: its sources of facts agree, its facts can be sent, its own certificate is valid and has its
/// addresses. Where that is not so, every peer is refused (`LocalFacts.reasons`).
struct HostRule: Rule {
    var codes: [ReasonCode] {
        [
            .identityMismatch, .factsUnknown, .addressNotOwned, .certificateUntrusted, .certificateExpired,
            .certificateNotYetValid, .certificateRevoked, .revocationListStale,
        ]
    }
    /// A host that is wrong about itself judges wrongly by every rule.
    var reactions: [Reaction] { [.refuse] }
    var trigger: String { "when this host contradicts itself or has no valid certificate" }
    var clearance: String { "nothing is wrong with this host's own facts and certificate" }

    func evaluate(_ side: Side, in evaluated: Case) -> [Reason] {
        side == .local ? evaluated.local.reasons : []
    }
}
