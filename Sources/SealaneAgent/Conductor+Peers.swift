import Logging
import SealaneConfiguration
import SealaneControl
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Changes of the peers and of the policy. What a change does not touch goes on: its sessions stay.
extension Conductor {
    mutating func add(_ peer: PeerDefinition) throws(ControlError) {
        let isNew = !roster.added.contains(peer.name)
        do throws(PeerSetError) { guard try roster.add(peer) else { return } } catch { throw ControlError(error) }
        do throws(SystemError) {
            try followRoster()
        } catch {
            // The file must not keep what the agent could not do.
            if isNew { try remove(named: peer.name) }
            throw ControlError(.internal, "peer \(peer.name) was not added: \(error)")
        }
    }

    mutating func removePeer(named name: String) throws(ControlError) {
        try remove(named: name)
        do throws(SystemError) {
            try followRoster()
        } catch {
            throw ControlError(
                .internal, "peer \(name) was removed, but the routes are not as they should be: \(error)")
        }
    }

    private mutating func remove(named name: String) throws(ControlError) {
        do throws(PeerSetError) { try roster.remove(named: name) } catch { throw ControlError(error) }
    }

    /// What else a reload changed than the configuration itself: what is in the files that it names.
    struct FileChange {
        /// Another certificate of this host's, other authorities or revocations.
        let ofIdentities: Bool
        let ofTopology: Bool
        /// What was not right of the tunnel device, and is now.
        let repairs: [DeviceState.Repair]
        /// Names of the peers whose pre-shared key is another.
        let ofPresharedKeys: [String]
    }

    /// Applies a configuration that differs in reloadable keys only.
    @discardableResult
    mutating func apply(_ reload: Reload) throws(ControlError) -> FileChange {
        let before = (roster, self.configuration)
        let (configuration, identities, routes) = (reload.configuration, reload.identities, reload.routes)
        let statement: [UInt8]
        do throws(ConfigurationError) {
            statement = try Agent.statement(of: hostFacts.facts, identities, configuration)
        } catch {
            throw ControlError(.invalidConfiguration, "\(error)")
        }
        roster.adopt(reload.keys.configured, reload.keys.added)
        let repairs = mendDevice()
        let isPolicyChanged = policy != configuration.policy
        self.configuration = configuration
        do throws(SystemError) {
            try followRoster()
        } catch {
            (roster, self.configuration) = before
            restoreRoster()
            throw ControlError(.internal, "the configuration was not applied: \(error)")
        }
        let change = FileChange(
            ofIdentities: !identities.areSame(as: self.identities), ofTopology: routes != self.routes,
            repairs: repairs, ofPresharedKeys: roster.peersWithOtherSecret(than: before.0))
        if change.ofIdentities { take(identities, statement: statement) }
        self.identities.takeNote(logger, by: disk, isNew: change.ofIdentities)
        self.routes = routes
        if isPolicyChanged { followPathPolicy() }
        if isPolicyChanged || change.ofIdentities { warnOfBelievedPeers() }
        let isOther = takeMoment(.ofHost())
        if isPolicyChanged || change.ofIdentities || change.ofTopology || isOther { judgeAllAgain() }
        CurrentProcess.returnFreedMemory()
        return change
    }

    /// Makes tunnel, routes and verdicts those of the roster's peers: what is no longer a peer ends first, whatever comes
    /// after. Throws, and adds nothing, if the kernel does not take the routes; they are then as they were.
    mutating func followRoster() throws(SystemError) {
        let (members, leftOut) = roster.members()
        for peer in leftOut {
            logger.warning("peer left out", metadata: ["peer": "\(peer.name)", "why": "\(peer.why)"])
        }
        let removed = removePeers(otherThan: members)
        // Ids of peers that are gone are given out again only once no lane has a route to them.
        dataplane.post(.route(routingTable(), peerCount: Int(nextID)))
        freeIDs += removed
        // New peers' prefixes first, before anything is sent there; those of peers that are gone last.
        let prefixes = roster.prefixes
        try filter.protect(protectedPrefixes.union(prefixes).sorted())
        try route(members.map(\.definition))
        do throws(SystemError) {
            try filter.protect(prefixes)
            protectedPrefixes = Set(prefixes)
        } catch {
            logger.error("the overlay filter still keeps prefixes of former peers", metadata: ["why": "\(error)"])
        }
        var changed: [PeerID] = []
        for member in members {
            if let id = take(member) { changed.append(id) }
        }
        carryOut()
        dataplane.post(.route(routingTable(), peerCount: Int(nextID)))
        for id in changed { judgeAgain(id) }
        carryOut()
        forgetCertificatesOfFormerPeers()
    }

    /// After a change that could not be made.
    private mutating func restoreRoster() {
        do throws(SystemError) {
            try followRoster()
        } catch {
            logger.error("the peers cannot be restored", metadata: ["why": "\(error)"])
        }
    }

    /// Peers that are left out have a floor and no route.
    private mutating func route(_ definitions: [PeerDefinition]) throws(SystemError) {
        let routes = Self.prefixes(of: definitions)
        let floor = OverlayProhibitRoutes.prefixes(configuration.agent.addresses, roster.definitions)
        try InterfaceConfiguration.replaceRoutes(device: configuration.agent.interface, with: routes, over: floor)
        device.wanted.routes = routes
        device.wanted.floor = floor
        lookAtWays(soonAfter: .ofHost())
    }

    private static func prefixes(of definitions: [PeerDefinition]) -> [String] {
        definitions.flatMap(\.addresses).map { "\($0)" }
    }

    private func routingTable() -> PrefixTable {
        PrefixTable(peers.flatMap { id, peer in peer.member.definition.addresses.map { ($0, id.rawValue) } })
    }

    /// Ends what is no peer any more, and peers whose key, secret or endpoint is another: those begin anew under a new id.
    private mutating func removePeers(otherThan members: [PeerSet.Member]) -> [PeerID] {
        let wanted = Dictionary(members.map { ($0.definition.name, $0) }) { first, _ in first }
        var removed: [PeerID] = []
        for (name, id) in idByName {
            if let member = wanted[name], let known = peers[id], known.member.isSameTunnel(as: member) { continue }
            if let status = tunnel.status(of: id) { pastTraffic += TrafficReport(status) }
            tunnel.remove(id)
            // While the peer has a name.
            carryOut()
            peers[id] = nil
            idByName[name] = nil
            removed.append(id)
            logger.info("peer removed", metadata: ["peer": "\(name)"])
        }
        return removed
    }

    /// Adds the peer, or brings it up to date. Returns its id if there is something to judge anew.
    private mutating func take(_ member: PeerSet.Member) -> PeerID? {
        if let id = idByName[member.definition.name], let known = peers[id] {
            peers[id]?.member = member
            return known.member.definition.facts == member.definition.facts ? nil : id
        }
        let id = freeIDs.popLast() ?? newID()
        tunnel.add(
            PeerParameters(
                id: id, publicKey: member.definition.publicKey, presharedKey: member.presharedKey,
                endpoint: member.definition.endpoint))
        peers[id] = KnownPeer(
            member: member, hasShownCertificate: certified.contains(member.definition.publicKey))
        idByName[member.definition.name] = id
        logger.info("peer added", metadata: ["peer": "\(member.definition.name)"])
        return id
    }

    private mutating func newID() -> PeerID {
        defer { nextID += 1 }
        return PeerID(nextID)
    }
}

extension PeerSet.Member {
    /// Whether sessions with the one are sessions with the other.
    fileprivate func isSameTunnel(as other: Self) -> Bool {
        isSameSecret(as: other) && definition.publicKey == other.definition.publicKey
            && definition.endpoint == other.definition.endpoint
    }
}
