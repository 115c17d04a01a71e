import SealanePacket

/// What is seen of the path inside sessions, and what comes of it.
extension Tunnel {
    // MARK: Translation and forwarding

    mutating func noteDetour(_ index: SessionIndex, _ lane: UInt8, _ arrival: Arrival, _ now: MonotonicTime) {
        guard let id = peerByIndex[index], var peer = peers[id],
            let at = peer.sessions.firstIndex(where: { $0.grant.index == index })
        else { return }
        let grant = peer.sessions[at].grant
        let expected = FourTuple(
            source: Endpoint(address: grant.remote.address, port: grant.remote.port &+ UInt16(lane)),
            destination: Endpoint(address: grant.local.address, port: arrival.destination.port))
        peer.path.note(arrival, ofLane: lane, expected: expected, at: now)
        // If the policy tolerates it, a handshake learns where the peer is now, at most once in this time. There is nothing to
        // learn from fragments, nor of other lanes: handshakes travel by lane 0.
        if lane == 0, arrival.fragmentByteCount == 0 {
            let moment = max(now, peer.sessions[at].createdAt + TunnelLimits.refusalStandsFor)
            peer.sessions[at].rekeyAskedFor = min(peer.sessions[at].rekeyAskedFor ?? moment, moment)
        }
        peers[id] = peer
        emit(.judge(id))
    }

    /// The peer has ended all sessions.
    mutating func takeLeave(_ index: SessionIndex, _ reasons: [UInt8], _ now: MonotonicTime) {
        guard let id = peerByIndex[index] else { return }
        peers[id]?.mustTryLanes = true
        refuse(id, reasonsOfPeer: reasons, until: now + TunnelLimits.refusalStandsFor)
    }

    /// What the judgement asked for by `TunnelOutput.judge` came to. A refusal ends the peer's sessions, which is told to it.
    public mutating func settle(_ id: PeerID, _ admission: Admission, _ now: MonotonicTime) {
        guard let peer = peers[id] else { return }
        switch admission {
        case .refused(let reasons):
            guard let last = peer.sealing ?? peer.sessions.last?.grant.index else { return }
            emit(.command(.bidFarewell(last, reasons: reasons)))
            peers[id]?.mustTryLanes = true
            refuse(id, until: now + TunnelLimits.refusalStandsFor)
        case .admitted, .onTrial:
            for session in peer.sessions
            where session.confirmedOrOwn && (session.search == nil || session.searchLane != 0) {
                guard let carried = session.carriedByLane[0] else { continue }
                allow(session.grant.index, of: id, mtu: carried, now)
            }
        }
    }

    // MARK: MTU

    /// After a change of the interface's MTU.
    mutating func forgetMTU(of id: PeerID, _ now: MonotonicTime) {
        guard let peer = peers[id] else { return }
        peers[id]?.path.mtu = nil
        // The failure may have been the old MTU's. Packets of the next session wait, as for any first one.
        if peer.path.detour == nil { peers[id]?.mustTryLanes = false }
        if peer.refusal != nil {
            peers[id]?.refusal = nil
            if peer.isAdmitted { emit(.command(.obstruct(id, nil))) }
        }
        for session in peer.sessions {
            guard let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == session.grant.index }) else {
                continue
            }
            peers[id]?.sessions[at].carriedByLane = [:]
            let limit = Self.packetByteLimit(
                mtu: settings.interfaceMTU, overIPv4: session.grant.remote.address.isIPv4)
            if limit < session.packetByteLimit {
                peers[id]?.sessions[at].packetByteLimit = limit
                if !session.isOnTrial { emit(.command(.allow(session.grant.index, packetByteLimit: limit))) }
            }
            // What is being looked for is another length now.
            if let before = session.search {
                peers[id]?.sessions[at].nextProbe = before.numberAfter
                search(session.grant.index, of: id, lane: session.searchLane, now)
            }
        }
    }

    /// Begins to look for what the session's path carries, as seen from one lane.
    mutating func search(_ index: SessionIndex, of id: PeerID, lane: UInt8 = 0, _ now: MonotonicTime) {
        guard let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == index }),
            let session = peers[id]?.sessions[at]
        else { return }
        let least = TunnelLimits.overhead(overIPv4: session.grant.remote.address.isIPv4) + SessionNote.probeByteCount
        peers[id]?.sessions[at].search = MTUSearch(
            target: min(settings.interfaceMTU, session.interfaceMTUOfPeer), least: least,
            firstNumber: session.nextProbe, at: now)
        peers[id]?.sessions[at].searchLane = lane
        peers[id]?.sessions[at].lastSearchAt = now
        active.insert(id)
        probe(at, of: id, now)
    }

    /// Sends what probes are due, and begins anew to look where a session has long sent data.
    mutating func checkPath(to id: PeerID, _ now: MonotonicTime) {
        guard let peer = peers[id] else { return }
        for session in peer.sessions where session.search != nil {
            guard let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == session.grant.index }) else {
                continue
            }
            probe(at, of: id, now)
        }
        guard provesMTU, let session = peers[id]?.sealingRecord, session.search == nil,
            now.since(session.lastSearchAt) >= TunnelLimits.pathCheckInterval,
            let lane = session.laneToSearch(after: peer.searchedLane)
        else { return }
        peers[id]?.searchedLane = lane
        search(session.grant.index, of: id, lane: lane, now)
    }

    private mutating func probe(_ at: Int, of id: PeerID, _ now: MonotonicTime) {
        guard let session = peers[id]?.sessions[at],
            let probes = peers[id]?.sessions[at].search?.takeDue(at: now)
        else { return }
        let index = session.grant.index
        for probe in probes {
            let command = LaneCommand.probe(
                index, lane: session.searchLane, number: probe.number, byteCount: probe.byteCount)
            emit(.command(command))
        }
        conclude(index, of: id, now)
    }

    mutating func noteAnswer(to number: UInt32, _ greatest: Int, _ index: SessionIndex, _ now: MonotonicTime) {
        guard let id = peerByIndex[index],
            let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == index })
        else { return }
        peers[id]?.sessions[at].search?.note(answerTo: number, greatest: greatest, at: now)
        conclude(index, of: id, now)
    }

    /// If the search of this session has come to an end: what it found is seen of the path.
    private mutating func conclude(_ index: SessionIndex, of id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id], let at = peer.sessions.firstIndex(where: { $0.grant.index == index }),
            let search = peer.sessions[at].search, search.outcome != .searching
        else { return }
        peer.sessions[at].search = nil
        peer.sessions[at].nextProbe = search.numberAfter
        let lane = peer.sessions[at].searchLane
        guard case .carries(let carried) = search.outcome else {
            if lane == 0 {
                // No probe was answered, so the MTU is unknown: a session on trial ends. Others have timers, unless the peer
                // is heard: then probes alone are lost, twice in a row, which somebody may see to.
                let session = peer.sessions[at]
                let isHeard = session.latest(\.lastReceived).map { now.since($0) < MTUSearch.patience / 2 } ?? false
                peer.sessions[at].silentSearches += 1
                if session.isOnTrial || isHeard && session.silentSearches > 0 { abandon(session, &peer) }
            } else {
                peer.sessions[at].lanes.note(searchOf: lane, isWhole: nil, at: now)
            }
            peers[id] = peer
            return followLanes(index, of: id, now)
        }
        peer.sessions[at].carriedByLane[lane] = carried
        peer.sessions[at].silentSearches = 0
        let seen = PathSightings.MTU(
            ofThisHost: settings.interfaceMTU, statedByPeer: peer.sessions[at].interfaceMTUOfPeer,
            carried: peer.sessions[at].carriedByLane.values.min() ?? carried, at: now)
        if lane != 0 {
            let limit = Self.packetByteLimit(mtu: carried, overIPv4: peer.sessions[at].grant.remote.address.isIPv4)
            let isWhole = limit >= peer.sessions[at].packetByteLimit
            peer.sessions[at].lanes.note(searchOf: lane, isWhole: isWhole, at: now)
        }
        // A path that failed before keeps its bad name until every lane was looked at.
        guard carried < seen.stated || !peer.sessions[at].isOnTrial || lane != 0 else {
            peers[id] = peer
            return allow(index, of: id, mtu: carried, now)
        }
        // Of a session that was replaced, what was asked for may be out of date.
        let createdAt = peer.sessions[at].createdAt
        guard peer.sealingRecord.map({ $0.createdAt <= createdAt }) ?? true else {
            peers[id] = peer
            return
        }
        let before = peer.path.mtu
        peer.path.mtu = seen
        peers[id] = peer
        // First the verdict, then the session that it admits: people read them in this order.
        if carried < seen.stated || before?.carried != seen.carried || before?.stated != seen.stated {
            emit(.judge(id))
        }
        if carried >= seen.stated, lane == 0 { allow(index, of: id, mtu: carried, now) }
        followLanes(index, of: id, now)
    }

    /// Lane 0's way carries this much.
    private mutating func allow(_ index: SessionIndex, of id: PeerID, mtu: Int, _ now: MonotonicTime) {
        guard let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == index }),
            let session = peers[id]?.sessions[at]
        else { return }
        let limit = Self.packetByteLimit(mtu: mtu, overIPv4: session.grant.remote.address.isIPv4)
        peers[id]?.sessions[at].isProven = true
        peers[id]?.sessions[at].packetByteLimit = limit
        if limit > session.packetByteLimit { peers[id]?.sessions[at].lanes.revalidate(at: now) }
        guard !session.isOnTrial else { return concludeTrial(index, of: id, now) }
        guard limit != session.packetByteLimit else { return }
        followLanes(index, of: id, now)
        emit(.command(.allow(index, packetByteLimit: limit)))
    }

    /// Gives up a session on which nothing is answered. If none is left, the next packet asks again.
    private mutating func abandon(_ session: SessionRecord, _ peer: inout TunnelPeer) {
        retire(session, &peer)
        guard peer.sealing == nil, peer.attempt == nil, !peer.isOnTrial else { return }
        peer.isWanted = false
        emit(.command(.obstruct(peer.parameters.id, .unreachable)))
        guard !peer.isUnreachable else { return }
        peer.isUnreachable = true
        emit(.event(.unreachable(peer.parameters.id)))
    }
}

extension SessionRecord {
    /// Whether both ends are known to have its keys.
    fileprivate var confirmedOrOwn: Bool { isInitiator || confirmedAt != nil }
}
