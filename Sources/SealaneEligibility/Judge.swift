import SealanePacket

/// Whether the local instance and the peer may talk: every rule is evaluated and every failure reported, rule by rule
/// in the order types, region, VPC, identity, address. A pure function; the same arguments give the same verdict.
/// Two hosts that are one instance are never two ends (`identity-mismatch`).
///
/// - `local`, `peer`: what is known of each end. Only these are judged.
/// - `statement`: what the peer says of itself in the handshake, `nil` before one. A peer's own word is no proof: it
///   never makes an unknown fact known, it can only contradict a known one (`identity-mismatch`) or claim addresses
///   outside the peer's prefixes (`address-not-owned`). What it does not mention, it does not contradict.
public func judge(local: Facts, peer: Facts, statement: Statement? = nil, policy: Policy) -> Verdict {
    var reasons: [Reason] = []
    reasons += [typeReason(.local, local, policy), typeReason(.peer, peer, policy)].compactMap(\.self)
    reasons += regionReasons(local: local, peer: peer)
    reasons += vpcReasons(local: local, peer: peer, policy: policy)
    reasons += [sameInstanceReason(local: local, peer: peer)].compactMap(\.self)
    if let statement {
        reasons += identityReasons(peer: peer, statement: statement)
        reasons += addressReasons(peer: peer, addresses: statement.addresses)
    }
    return reasons.isEmpty ? .eligible : .refused(reasons)
}

/// The address rule for one source address of the peer: `nil` if the peer may use it.
public func judgeSource(_ address: IPAddress, peer: Facts) -> Reason? {
    addressReasons(peer: peer, addresses: [address]).first
}

extension Facts {
    /// Whether `address` is within one of the instance's prefixes. Unknown prefixes own nothing.
    public func owns(_ address: IPAddress) -> Bool {
        addresses?.value.contains { $0.contains(address) } ?? false
    }
}

enum Side: String {
    case local, peer

    var facts: String { "\(rawValue) facts" }
}

/// The rules below need facts of both ends; what is unknown of either is a reason, and the rule passes nothing.
private enum Both {
    case known(local: Fact<String>, peer: Fact<String>)
    case unknown([Reason])

    init(_ name: FactName, local: Facts, peer: Facts) {
        switch (local.known(name), peer.known(name)) {
        case (let local?, let peer?): self = .known(local: local, peer: peer)
        case (let localFact, let peerFact):
            var reasons: [Reason] = []
            if localFact == nil { reasons.append(unknownFact(name.rawValue, of: .local)) }
            if peerFact == nil { reasons.append(unknownFact(name.rawValue, of: .peer)) }
            self = .unknown(reasons)
        }
    }
}

func unknownFact(_ name: String, of side: Side) -> Reason {
    Reason(
        code: .factsUnknown, observed: "\(side.rawValue) \(name) unknown",
        required: "the \(name) of the \(side == .local ? "local instance" : "peer")", source: side.facts)
}

extension Reason {
    /// Whether it is one of `unknownFact`.
    func isUnknownFact(of side: Side) -> Bool { code == .factsUnknown && source == side.facts }
}

/// What the rules below find of the local instance alone.
func localReasons(_ local: Facts, _ policy: Policy) -> [Reason] {
    [typeReason(.local, local, policy)].compactMap(\.self)
        + [FactName.region, .vpc].filter { local.known($0) == nil }.map { unknownFact($0.rawValue, of: .local) }
}

private func typeReason(_ side: Side, _ facts: Facts, _ policy: Policy) -> Reason? {
    guard let type = facts.known(.instanceType) else { return unknownFact(FactName.instanceType.rawValue, of: side) }
    let support = InstanceTypeCatalog.support(of: type.value, policy: policy)
    guard support.answer != .supported else { return nil }
    return Reason(
        code: side == .local ? .localTypeUnsupported : .peerTypeUnsupported,
        observed: type.value + (support.note.map { " (\($0))" } ?? ""), required: "a type that encrypts in transit",
        source: "\(side.rawValue) type \(type.provenance), \(support.source)")
}

private func regionReasons(local: Facts, peer: Facts) -> [Reason] {
    switch Both(.region, local: local, peer: peer) {
    case .unknown(let reasons): return reasons
    case .known(let local, let peer):
        guard local.value != peer.value else { return [] }
        return [
            Reason(
                code: .regionMismatch, observed: "local \(local.value), peer \(peer.value)", required: "one Region",
                source: sources(local, peer))
        ]
    }
}

private func vpcReasons(local: Facts, peer: Facts, policy: Policy) -> [Reason] {
    let regions = (local: local.known(.region), peer: peer.known(.region))
    switch Both(.vpc, local: local, peer: peer) {
    case .unknown(let reasons): return reasons
    case .known(let local, let peer):
        guard local.value != peer.value else { return [] }
        let joining = policy.peerings.filter { $0.joins(local.value, peer.value) }.sorted { $0.id < $1.id }
        let usable = joining.filter { peering in
            peering.isWithinOneRegion
                && [regions.local, regions.peer].allSatisfy { $0 == nil || $0?.value == peering.requesterRegion }
        }
        guard !usable.contains(where: \.isActive) else { return [] }
        if usable.isEmpty {
            // An inter-Region peering is no connection in the sense of this rule, whatever its status; nor is one that is said
            // to be in another Region than the hosts whose VPCs it joins.
            let between = joining.map { "\($0.id) between \($0.requesterRegion) and \($0.accepterRegion)" }
            let note = between.isEmpty ? "no peering" : "only " + between.joined(separator: ", ")
            return [
                Reason(
                    code: .vpcNotShared, observed: "local \(local.value), peer \(peer.value), \(note)",
                    required: "one VPC, or an active peering of the two within one Region",
                    source: "\(sources(local, peer)), policy peerings")
            ]
        }
        return [
            Reason(
                code: .peeringNotActive, observed: usable.map { "\($0.id) \($0.status)" }.joined(separator: ", "),
                required: "status active", source: "\(sources(local, peer)), policy peerings")
        ]
    }
}

/// An instance is no peer of its own: one of the two has the identity of the other.
private func sameInstanceReason(local: Facts, peer: Facts) -> Reason? {
    guard let own = local.known(.instanceID), let theirs = peer.known(.instanceID), own.value == theirs.value else {
        return nil
    }
    return Reason(
        code: .identityMismatch, observed: "\(FactName.instanceID) \(theirs.value), which is this host's own",
        required: "another instance than this host's", source: sources(own, theirs))
}

private func identityReasons(peer: Facts, statement: Statement) -> [Reason] {
    FactName.allCases.compactMap { name in
        guard let fact = peer.known(name), let claim = statement[name], claim != fact.value else { return nil }
        return Reason(
            code: .identityMismatch, observed: "\(name) \(claim)", required: "\(name) \(fact.value)",
            source: "observed: peer's own statement; required: \(fact.provenance)")
    }
}

private func addressReasons(peer: Facts, addresses: [IPAddress]) -> [Reason] {
    guard !addresses.isEmpty else { return [] }
    guard let owned = peer.addresses else { return [unknownFact("addresses", of: .peer)] }
    let prefixes = owned.value.map(\.description).joined(separator: ", ")
    return addresses.filter { !peer.owns($0) }.map { address in
        Reason(
            code: .addressNotOwned, observed: address.description,
            required: "an address within \(prefixes.isEmpty ? "the peer's prefixes (none)" : prefixes)",
            source: "peer addresses \(owned.provenance)")
    }
}

private func sources(_ local: Fact<String>, _ peer: Fact<String>) -> String {
    local.provenance == peer.provenance
        ? "both \(local.provenance)" : "local \(local.provenance), peer \(peer.provenance)"
}
