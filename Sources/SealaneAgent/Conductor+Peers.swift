import Logging
import SealaneEligibility
import SealaneFleet
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Changes of the peers and of the policy. What a change does not touch goes on: its sessions stay.
extension Conductor {
    mutating func add(_ peer: PeerDefinition) throws(ControlError) {
        let before = roster
        try roster.add(peer)
        do throws(SystemError) {
            try followRoster()
        } catch {
            // The file must not keep what the agent could not do.
            try roster.remove(named: peer.name)
            roster = before
            throw ControlError(.internal, "peer \(peer.name) was not added: \(error)")
        }
    }

    mutating func removePeer(named name: String) throws(ControlError) {
        try roster.remove(named: name)
        do throws(SystemError) {
            try followRoster()
        } catch {
            throw ControlError(.internal, "peer \(name) was removed, but: \(error)")
        }
    }

    /// Applies a configuration that differs in peers and policy only.
    mutating func apply(_ configuration: Configuration) throws(ControlError) {
        let before = (roster, self.configuration)
        do throws(ConfigurationError) {
            try roster.take(configuration)
        } catch {
            throw ControlError(.invalidConfiguration, "\(error)")
        }
        let isPolicyChanged = policy != configuration.policy
        self.configuration = configuration
        do throws(SystemError) {
            try followRoster()
        } catch {
            (roster, self.configuration) = before
            throw ControlError(.internal, "the configuration was not applied: \(error)")
        }
        guard isPolicyChanged else { return }
        for id in peers.keys.sorted(by: { $0.rawValue < $1.rawValue }) { judgeAgain(id) }
        carryOut()
    }

    /// Makes routes, tunnel and verdicts those of the roster's peers. Throws, and changes nothing, if the kernel does not
    /// take the routes.
    mutating func followRoster() throws(SystemError) {
        let (members, leftOut) = roster.members()
        for peer in leftOut {
            logger.warning("peer left out", metadata: ["peer": "\(peer.name)", "why": "\(peer.why)"])
        }
        try route(members.map(\.definition))
        let wanted = Set(members.map(\.definition.name))
        for (name, id) in idByName where !wanted.contains(name) { remove(id, name) }
        var changed: [PeerID] = []
        for member in members {
            if let id = take(member) { changed.append(id) }
        }
        // Lanes must know the ids before they are told anything of them.
        dataplane.post(.route(routingTable(), peerCount: peers.count + freeIDs.count))
        for id in changed { judgeAgain(id) }
        carryOut()
    }

    private func route(_ definitions: [PeerDefinition]) throws(SystemError) {
        do throws(SystemError) {
            try InterfaceConfiguration.replaceRoutes(
                device: configuration.agent.interface, with: Self.prefixes(of: definitions))
        } catch {
            let before = peers.values.map(\.member.definition)
            do throws(SystemError) {
                try InterfaceConfiguration.replaceRoutes(
                    device: configuration.agent.interface, with: Self.prefixes(of: before))
            } catch {
                logger.error("routes cannot be restored", metadata: ["why": "\(error)"])
            }
            throw error
        }
    }

    private static func prefixes(of definitions: [PeerDefinition]) -> [String] {
        definitions.flatMap(\.addresses).map { "\($0)" }
    }

    private func routingTable() -> PrefixTable {
        PrefixTable(peers.flatMap { id, peer in peer.member.definition.addresses.map { ($0, id.rawValue) } })
    }

    private mutating func remove(_ id: PeerID, _ name: String) {
        tunnel.remove(id)
        peers[id] = nil
        idByName[name] = nil
        freeIDs.append(id)
        logger.info("peer removed", metadata: ["peer": "\(name)"])
    }

    /// Adds the peer, or brings it up to date. Returns its id if there is something to judge anew.
    private mutating func take(_ member: Roster.Member) -> PeerID? {
        guard let id = idByName[member.definition.name], let known = peers[id] else {
            let id = freeIDs.popLast() ?? PeerID(UInt32(peers.count))
            tunnel.add(member.parameters(id))
            peers[id] = KnownPeer(member: member)
            idByName[member.definition.name] = id
            logger.info("peer added", metadata: ["peer": "\(member.definition.name)"])
            return id
        }
        if !known.member.isSameTunnel(as: member) {
            tunnel.add(member.parameters(id))
            peers[id] = KnownPeer(member: member)
            return id
        }
        peers[id]?.member = member
        return known.member.definition.facts == member.definition.facts ? nil : id
    }
}

extension Roster.Member {
    fileprivate func parameters(_ id: PeerID) -> PeerParameters {
        PeerParameters(
            id: id, publicKey: definition.publicKey, presharedKey: presharedKey, endpoint: definition.endpoint)
    }

    /// Whether sessions with the one are sessions with the other.
    fileprivate func isSameTunnel(as other: Self) -> Bool {
        let isSameSecret =
            switch (presharedKey, other.presharedKey) {
            case (nil, nil): true
            case (let mine?, let theirs?): mine.isEqual(to: theirs)
            default: false
            }
        return isSameSecret && definition.publicKey == other.definition.publicKey
            && definition.endpoint == other.definition.endpoint
    }
}
