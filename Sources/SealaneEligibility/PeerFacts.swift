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
    /// What forbids to talk to this peer, whatever the rules say of its facts. Empty: nothing does.
    let reasons: [Reason]

    /// A verified certificate overrides what is stated, but for two things that say which instance the operator means: its id,
    /// and the addresses for which packets are sent to it. The certificate must have both.
    public init(stated: Facts, certificate: Certificate = .none) {
        self.certificate = certificate
        switch certificate {
        case .none:
            (facts, reasons) = (stated, [])
        case .refused(let reasons):
            (facts, self.reasons) = (stated, reasons)
        case .verified(let proven):
            var facts = stated
            for name in FactName.allCases { facts[name] = proven.known(name) ?? stated[name] }
            facts.addresses = proven.addresses ?? stated.addresses
            self.facts = facts
            reasons = Self.contradictions(of: stated, to: proven)
        }
    }

    private static func contradictions(of stated: Facts, to proven: Facts) -> [Reason] {
        var reasons: [Reason] = []
        if let meant = stated.known(.instanceID), let actual = proven.known(.instanceID), meant.value != actual.value {
            reasons.append(
                Reason(
                    code: .identityMismatch, observed: "\(FactName.instanceID) \(actual.value)",
                    required: "\(FactName.instanceID) \(meant.value)",
                    source: "observed: \(actual.provenance); required: \(meant.provenance)"))
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
        case .refused(let reasons): !reasons.isEmpty
        case .none: policy.requiresCertificate
        }
    }

    /// What the policy asks for beyond what the facts are: how well each is proven.
    func proofReasons(_ policy: Policy) -> [Reason] {
        var reasons: [Reason] = []
        if policy.requiresCertificate, certificate == .none {
            reasons.append(
                Reason(
                    code: .factsUnproven, observed: "no certificate of the peer", required: "one that can be verified",
                    source: "policy"))
        }
        // A certificate that is missing or refused proves nothing: its own reason says so already.
        if lacksCertificate(policy) { return reasons }
        for name in FactName.allCases {
            guard let least = policy.leastProvenance[name], least > .stated else { continue }
            guard let fact = facts.known(name) else {
                // Of what a rule of its own needs, that rule says so.
                if ![.instanceType, .region, .vpc].contains(name) {
                    reasons.append(unknownFact(name.rawValue, of: .peer))
                }
                continue
            }
            guard fact.provenance < least else { continue }
            reasons.append(
                Reason(
                    code: .factsUnproven, observed: "\(name) \(fact.value), \(fact.provenance)",
                    required: "\(name) by \(least)" + (least == Provenance.allCases.last ? "" : " or better"),
                    source: "policy"))
        }
        return reasons
    }
}
