import SealanePacket

/// What is known about a peer: the facts that the operator stated, overridden by those of its certificate.
package struct PeerFacts: Sendable, Hashable {
    /// The outcome of verifying a peer's certificate.
    package enum Certificate: Sendable, Hashable {
        /// No certificate was received.
        case none
        /// The certificate is valid and proves these facts, addresses included.
        case verified(Facts)
        /// The certificate proves nothing, for these reasons.
        case refused([Reason])
    }

    /// Each fact from its strongest source.
    package let facts: Facts
    package let certificate: Certificate
    /// Whether this host has ever received a certificate from the peer. The peer chooses what it presents. If it could
    /// omit its certificate, it could hide one that was revoked, so without the certificate its facts are not accepted.
    package let hasShownCertificate: Bool
    /// Reasons to refuse this peer, independent of the rules about its facts. Empty if there are none.
    let reasons: [Reason]

    /// A verified certificate overrides the stated facts, except for those that identify the instance the operator
    /// means: its ID and the addresses that packets are routed to. The certificate must contain both. Facts that it
    /// lacks remain stated.
    package init(stated: Facts, certificate: Certificate = .none, hasShownCertificate: Bool = false) {
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
            // Never use a stated ID here: an unproven ID cannot be revoked.
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
                        code: .factsUnproven, observed: "a certificate without an instance ID",
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
                    required: "an address in the certificate: \(listed)",
                    source: "observed: addresses \(Provenance.stated); required: \(Provenance.certificate)"))
        }
        return reasons
    }
}

extension PeerFacts {
    /// Whether a valid certificate is required but missing. A reason of the certificate rule reports this.
    func lacksCertificate(_ policy: Policy) -> Bool {
        switch certificate {
        case .verified: false
        case .refused: true
        case .none: policy.requiresCertificate || hasShownCertificate
        }
    }
}
