import Logging
import SealaneConfiguration
import SealaneControl
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Changes of the peers and of the policy. Sessions that a change does not concern continue.
extension ControlLoop {
    mutating func add(_ peer: PeerDefinition) throws(ControlError) {
        let isNew = !peerSet.added.contains(peer.name)
        do throws(PeerSetError) { guard try peerSet.add(peer) else { return } } catch { throw ControlError(error) }
        do throws(SystemError) {
            try followPeerSet()
        } catch {
            // The file must not keep a peer that the agent could not add.
            if isNew { try remove(named: peer.name) }
            throw ControlError(.internal, "peer \(peer.name) was not added: \(error)")
        }
    }

    mutating func removePeer(named name: String) throws(ControlError) {
        try remove(named: name)
        do throws(SystemError) {
            try followPeerSet()
        } catch {
            throw ControlError(
                .internal, "peer \(name) was removed, but the routes are not as they should be: \(error)")
        }
    }

    private mutating func remove(named name: String) throws(ControlError) {
        do throws(PeerSetError) { try peerSet.remove(named: name) } catch { throw ControlError(error) }
    }

    /// The changes by a reload in the files that the configuration names.
    struct FileChange {
        /// Another certificate of this host, other authorities or other revocations.
        let ofIdentities: Bool
        let ofTopology: Bool
        /// Repairs of the tunnel device.
        let repairs: [DeviceState.Repair]
        /// Names of the peers with another pre-shared key.
        let ofPresharedKeys: [String]
    }

    /// Applies a configuration that differs in reloadable keys only.
    @discardableResult
    mutating func apply(_ reload: Reload) throws(ControlError) -> FileChange {
        let before = (peerSet, self.configuration)
        let (configuration, identities, routes) = (reload.configuration, reload.identities, reload.routes)
        let claims: [UInt8]
        do throws(ConfigurationError) {
            claims = try Agent.claims(of: hostFacts.facts, identities, configuration)
        } catch {
            throw ControlError(.invalidConfiguration, "\(error)")
        }
        peerSet.adopt(reload.keys.configured, reload.keys.added)
        let repairs = repairDevice()
        let isPolicyChanged = policy != configuration.policy
        self.configuration = configuration
        do throws(SystemError) {
            try followPeerSet()
        } catch {
            (peerSet, self.configuration) = before
            restorePeerSet()
            throw ControlError(.internal, "the configuration was not applied: \(error)")
        }
        let change = FileChange(
            ofIdentities: !identities.areSame(as: self.identities), ofTopology: routes != self.routes,
            repairs: repairs, ofPresharedKeys: peerSet.peersWithOtherSecret(than: before.0))
        if change.ofIdentities { adopt(identities, claims: claims) }
        self.identities.log(to: logger, by: disk, isNew: change.ofIdentities)
        self.routes = routes
        if isPolicyChanged { followPathPolicy() }
        if isPolicyChanged || change.ofIdentities { warnOfBelievedPeers() }
        let isOther = adoptMoment(.ofHost())
        if isPolicyChanged || change.ofIdentities || change.ofTopology || isOther { judgeAllAgain() }
        CurrentProcess.returnFreedMemory()
        return change
    }

    /// Applies the peerSet's peers to tunnel, routes and verdicts. Former peers end first, whatever happens then.
    /// Throws, and adds nothing, if the kernel does not accept the routes; it then has the earlier ones.
    mutating func followPeerSet() throws(SystemError) {
        let (members, leftOut) = peerSet.members()
        for peer in leftOut {
            logger.warning("peer left out", metadata: ["peer": "\(peer.name)", "why": "\(peer.why)"])
        }
        let removed = removePeers(otherThan: members)
        // An id of a former peer is free only after no lane has a route to it.
        dataplane.post(.route(routingTable(), peerCount: Int(nextID)))
        freeIDs += removed
        // New peers' prefixes come first, before packets go there. Those of former peers go last.
        let prefixes = peerSet.prefixes
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
            if let id = adopt(member) { changed.append(id) }
        }
        performOutputs()
        dataplane.post(.route(routingTable(), peerCount: Int(nextID)))
        logHostReasons()
        for id in changed { judgeAgain(id) }
        performOutputs()
        forgetCertificatesOfFormerPeers()
    }

    /// After a change that failed.
    private mutating func restorePeerSet() {
        do throws(SystemError) {
            try followPeerSet()
        } catch {
            logger.error("the peers cannot be restored", metadata: ["why": "\(error)"])
        }
    }

    /// Peers that are left out have prohibit routes and no route.
    private mutating func route(_ definitions: [PeerDefinition]) throws(SystemError) {
        let routes = Self.prefixes(of: definitions)
        let prohibited = OverlayProhibitRoutes.prefixes(configuration.agent.addresses, peerSet.definitions)
        try InterfaceConfiguration.replaceRoutes(
            device: configuration.agent.interface, with: routes, prohibiting: prohibited)
        device.wanted.routes = routes
        device.wanted.prohibited = prohibited
        checkPaths(soonAfter: .ofHost())
    }

    private static func prefixes(of definitions: [PeerDefinition]) -> [String] {
        definitions.flatMap(\.addresses).map { "\($0)" }
    }

    private func routingTable() -> PrefixTable {
        PrefixTable(peers.flatMap { id, peer in peer.member.definition.addresses.map { ($0, id.rawValue) } })
    }

    /// Ends former peers, and peers with another key, secret or endpoint, which come back under a new id.
    private mutating func removePeers(otherThan members: [PeerSet.Member]) -> [PeerID] {
        let wanted = Dictionary(members.map { ($0.definition.name, $0) }) { first, _ in first }
        var removed: [PeerID] = []
        for (name, id) in idByName {
            if let member = wanted[name], let known = peers[id], known.member.isSameTunnel(as: member) { continue }
            if let status = tunnel.status(of: id) { pastTraffic += TrafficReport(status) }
            tunnel.remove(id)
            // The outputs name the peer.
            performOutputs()
            peers[id] = nil
            certificates.forget(id)
            idByName[name] = nil
            removed.append(id)
            logger.info("peer removed", metadata: ["peer": "\(name)"])
        }
        return removed
    }

    /// Adds the peer, or updates it. Returns its id if it must be judged again.
    private mutating func adopt(_ member: PeerSet.Member) -> PeerID? {
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
    /// Whether sessions with one are sessions with the other.
    fileprivate func isSameTunnel(as other: Self) -> Bool {
        isSameSecret(as: other) && definition.publicKey == other.definition.publicKey
            && definition.endpoint == other.definition.endpoint
    }
}
