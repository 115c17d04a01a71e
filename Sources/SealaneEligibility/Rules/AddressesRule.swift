import SealanePacket

/// The overlay addresses that the peer claims are within its prefixes. The lanes check the source address of each
/// packet likewise.
package struct AddressesRule: Rule {
    package var codes: [ReasonCode] { [.addressNotOwned, .factsUnknown] }
    package var evidence: RuleEvidence { .claims }
    package var trigger: String { "when the peer claims addresses that are not its own" }
    package var passText: String { "the peer's addresses are its own" }

    package func evaluate(_ evaluated: Case) -> [Reason] {
        guard let peer = evaluated.peer?.facts, let claims = evaluated.claims, !claims.addresses.isEmpty else {
            return []
        }
        guard peer.addresses != nil else { return evaluated.unknownReasons("addresses", of: .peer) }
        return claims.addresses.compactMap { Self.reason(against: $0, of: peer) }
    }

    /// Why the peer may not use this source address; nil if it may.
    package static func reason(against address: IPAddress, of peer: Facts) -> Reason? {
        guard let owned = peer.addresses else { return unknownFact("addresses", of: .peer) }
        guard !peer.owns(address) else { return nil }
        let prefixes = owned.value.map(\.description).joined(separator: ", ")
        return Reason(
            code: .addressNotOwned, observed: address.description,
            required: "an address within \(prefixes.isEmpty ? "the peer's prefixes (none)" : prefixes)",
            source: "peer addresses \(owned.provenance)")
    }
}
