import SealanePacket

/// What is known of a peer: what the operator states of it and, above that, what its certificate says.
public struct PeerFacts: Sendable, Hashable {
    /// What a peer's certificate comes to.
    public enum Certificate: Sendable, Hashable {
        /// None was seen.
        case none
        /// One that proves these facts, addresses included.
        case verified(Facts)
        /// One that proves nothing, for these reasons.
        case refused([Reason])
    }

    /// Each fact as its best source has it.
    public let facts: Facts
    public let certificate: Certificate
    /// Whether this host has seen a certificate of the peer at any time. The peer chooses what it shows: without a certificate
    /// it is then believed nothing, or it could leave out one that was revoked.
    public let hasShownCertificate: Bool
    /// What forbids to talk to this peer, whatever the rules say of its facts. Empty: nothing does.
    let reasons: [Reason]

    /// A verified certificate overrides what is stated, but for two things that say which instance the operator means: its id,
    /// and the addresses for which packets are sent to it. The certificate must have both. Of what else it lacks, the stated
    /// facts count, with their own provenance.
    public init(stated: Facts, certificate: Certificate = .none, hasShownCertificate: Bool = false) {
        self.certificate = certificate
        self.hasShownCertificate = hasShownCertificate || certificate != .none
        switch certificate {
        case .none:
            (facts, reasons) = (stated, [])
        case .refused(let reasons):
            (facts, self.reasons) = (stated, reasons)
        case .verified(let proven):
            var facts = stated
            for name in FactName.allCases where name != .instanceID {
                facts[name] = proven.known(name) ?? stated[name]
            }
            // An id that nobody proved could not be revoked either.
            facts[.instanceID] = proven.known(.instanceID)
            facts.addresses = proven.addresses ?? stated.addresses
            self.facts = facts
            reasons = Self.contradictions(of: stated, to: proven)
        }
    }

    private static func contradictions(of stated: Facts, to proven: Facts) -> [Reason] {
        var reasons: [Reason] = []
        if let meant = stated.known(.instanceID) {
            let required = "\(FactName.instanceID) \(meant.value)"
            if let actual = proven.known(.instanceID) {
                if meant.value != actual.value {
                    reasons.append(
                        Reason(
                            code: .identityMismatch, observed: "\(FactName.instanceID) \(actual.value)",
                            required: required,
                            source: "observed: \(actual.provenance); required: \(meant.provenance)"))
                }
            } else {
                reasons.append(
                    Reason(
                        code: .factsUnproven, observed: "a certificate that names no instance",
                        required: "\(required) by \(Provenance.certificate)",
                        source: "observed: \(Provenance.certificate); required: \(meant.provenance)"))
            }
        }
        let owned = Set(proven.addresses?.value ?? [])
        let listed = owned.isEmpty ? "no address" : owned.map(\.description).sorted().joined(separator: ", ")
        for prefix in stated.addresses?.value ?? [] where !owned.contains(prefix.network) {
            reasons.append(
                Reason(
                    code: .addressNotOwned, observed: "\(prefix.network)",
                    required: "what the certificate has: \(listed)",
                    source: "observed: addresses \(Provenance.stated); required: \(Provenance.certificate)"))
        }
        return reasons
    }
}

extension PeerFacts {
    /// Whether there should be a certificate that is in order, and there is none. A reason tells so.
    func lacksCertificate(_ policy: Policy) -> Bool {
        switch certificate {
        case .verified: false
        case .refused: true
        case .none: policy.requiresCertificate || hasShownCertificate
        }
    }
}
