/// This host is consistent: its sources of facts agree, its facts fit into a handshake, and its own certificate is
/// valid and contains its addresses. Otherwise it refuses every peer (`LocalFacts.reasons`).
struct HostRule: Rule {
    var codes: [ReasonCode] {
        [
            .identityMismatch, .factsUnknown, .addressNotOwned, .certificateUntrusted, .certificateExpired,
            .certificateNotYetValid, .certificateRevoked, .revocationListStale,
        ]
    }
    /// Only `refuse`: with wrong facts about itself, a host evaluates every rule wrongly.
    var reactions: [Reaction] { [.refuse] }
    var trigger: String { "when this host contradicts itself or has no valid certificate" }
    var passText: String { "this host's own facts and certificate are valid" }

    func evaluate(_ side: Side, in evaluated: Case) -> [Reason] {
        side == .local ? evaluated.local.reasons : []
    }
}
