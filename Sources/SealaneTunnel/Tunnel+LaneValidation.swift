import SealanePacket

/// Which lanes carry packets, and when a session on trial may.
extension Tunnel {
    /// Begins to find out whether a session on trial may carry packets. Both ends have its keys.
    mutating func prove(_ index: SessionIndex, of id: PeerID, _ now: MonotonicTime) {
        guard let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == index }) else { return }
        guard !provesMTU else { return search(index, of: id, now) }
        peers[id]?.sessions[at].isProven = true
        concludeTrial(index, of: id, now)
    }

    /// Begins to look at the lanes of a session whose keys both ends have.
    mutating func beginLanes(_ index: SessionIndex, of id: PeerID, _ now: MonotonicTime) {
        guard let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == index }) else { return }
        if peers[id]?.sessions[at].lanesBeganAt == nil { peers[id]?.sessions[at].lanesBeganAt = now }
        // Each lane that is probed has keys at both ends: with many peers, lanes that send nothing are left alone.
        let isEager = active.count <= TunnelLimits.eagerLanePeerLimit || peers[id]?.mustTryLanes == true
        let inUse = peers[id]?.sealingRecord?.ownWays ?? 0
        peers[id]?.sessions[at].lanes.begin(isEager ? .max : inUse, at: now)
        checkLanes(of: id, now)
    }

    /// Sends what probes of lanes are due, and ends trials whose time is over.
    mutating func checkLanes(of id: PeerID, _ now: MonotonicTime) {
        guard let sessions = peers[id]?.sessions else { return }
        for index in sessions.map(\.grant.index) {
            guard let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == index }) else { continue }
            let probes = peers[id]?.sessions[at].lanes.takeDue(at: now)
            guard let session = peers[id]?.sessions[at] else { continue }
            for probe in probes ?? [] {
                let byteCount = probe.isFull ? fullByteCount(of: session) : leastByteCount(of: session)
                emit(.command(.probe(index, lane: probe.lane, number: probe.number, byteCount: byteCount)))
            }
            if probes != nil { followLanes(index, of: id, now) }
            if let lane = session.lanes.toSearch, session.isProven, session.search == nil {
                if provesMTU {
                    search(index, of: id, lane: lane, now)
                } else {
                    peers[id]?.sessions[at].lanes.note(searchOf: lane, isWhole: nil, at: now)
                }
            }
            if session.isOnTrial, session.isProven { concludeTrial(index, of: id, now) }
        }
    }

    /// The IP packet of a probe that is as long as packets make a datagram.
    private func fullByteCount(of session: SessionRecord) -> Int {
        guard provesMTU else { return leastByteCount(of: session) }
        return session.packetByteLimit + TunnelLimits.overhead(overIPv4: session.grant.remote.address.isIPv4)
    }

    private func leastByteCount(of session: SessionRecord) -> Int {
        TunnelLimits.overhead(overIPv4: session.grant.remote.address.isIPv4) + SessionNote.probeByteCount
    }

    mutating func noteLaneAnswer(to number: UInt32, _ index: SessionIndex, _ now: MonotonicTime) {
        guard let id = peerByIndex[index],
            let at = peers[id]?.sessions.firstIndex(where: { $0.grant.index == index })
        else { return }
        peers[id]?.sessions[at].lanes.note(answerTo: number, at: now)
        followLanes(index, of: id, now)
        if let session = peers[id]?.sessions.first(where: { $0.grant.index == index }), session.isOnTrial,
            session.isProven
        {
            concludeTrial(index, of: id, now)
        }
    }

    /// Tells the lanes which of them carry packets by their own way, where that has changed, and people which do not.
    mutating func followLanes(_ index: SessionIndex, of id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id], let at = peer.sessions.firstIndex(where: { $0.grant.index == index }) else {
            return
        }
        let lanes = peer.sessions[at].lanes
        let isNewest = !peer.sessions.contains { $0.createdAt > peer.sessions[at].createdAt }
        if isNewest { peer.lanes = lanes }
        if lanes.usable != peer.sessions[at].ownWays {
            peer.sessions[at].ownWays = lanes.usable
            emit(.command(.steer(index, ownWays: lanes.usable, drain: lanes.drain)))
        }
        if isNewest {
            for (number, lane) in lanes.lanes {
                switch lane.state {
                case .usable:
                    peer.failedLanes[number] = nil
                    // A lane that proves itself carries what packets need, whatever it was found to carry before.
                    peer.sessions[at].carriedByLane[number] = nil
                case .silent where peer.failedLanes[number]?.kind != .silent:
                    peer.failedLanes[number] = LaneFailure(kind: .silent, since: now)
                case .reduced where lane.isTried && peer.failedLanes[number]?.kind != .reduced:
                    peer.failedLanes[number] = LaneFailure(kind: .reduced, since: now)
                case .silent, .reduced, .validating: break
                }
            }
            tellLanes(&peer)
        }
        peers[id] = peer
    }

    /// Once for each change.
    private mutating func tellLanes(_ peer: inout TunnelPeer) {
        let failed = peer.failedLanes.mapValues(\.kind)
        guard failed != peer.toldLanes else { return }
        peer.toldLanes = failed
        func lanes(_ kind: LaneFailure.Kind) -> [UInt8] { failed.filter { $1 == kind }.keys.sorted() }
        emit(.event(.lanesFailed(peer.parameters.id, silent: lanes(.silent), reduced: lanes(.reduced))))
    }

    func lanes(of session: SessionRecord, _ peer: TunnelPeer) -> [PeerStatus.Lane] {
        (0..<settings.laneCount).map { number in
            let state: PeerStatus.Lane.State =
                switch (number, session.lanes.state(of: number), peer.failedLanes[number]) {
                case (0, _, _), (_, .usable, _): .usable
                case (_, _, let failure?) where failure.kind == .silent: .silent(since: failure.since)
                case (_, _, let failure?): .reduced(since: failure.since)
                case (_, _, nil): .validating
                }
            let remote = session.grant.remote.port &+ UInt16(number % max(session.grant.remoteLaneCount, 1))
            return PeerStatus.Lane(
                state: state, port: settings.listen.port &+ UInt16(number), remotePort: remote)
        }
    }

    // MARK: Trials

    /// A whole probe of the peer's lane came, in a session whose path failed before.
    mutating func noteProbe(_ index: SessionIndex, _ lane: UInt8, _ byteCount: Int, _ now: MonotonicTime) {
        guard let id = peerByIndex[index], let peer = peers[id], let detour = peer.path.detour, detour.lane == lane,
            let session = peer.sessions.first(where: { $0.grant.index == index }),
            detour.fragmentation == nil || byteCount >= min(settings.interfaceMTU, session.interfaceMTUOfPeer)
        else { return }
        peers[id]?.path.detour = nil
        peers[id]?.isJudgementDue = true
        if session.isOnTrial, session.isProven {
            concludeTrial(index, of: id, now)
        }
    }

    /// If nothing is left to be waited for, packets travel in the session from here on.
    ///
    /// After a failure every lane is tried first, and the lane of the peer that came by a detour must be seen to come as it
    /// should, unless it stays silent. A session that replaces another waits for the lanes that carry packets in that one.
    mutating func concludeTrial(_ index: SessionIndex, of id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id], let at = peer.sessions.firstIndex(where: { $0.grant.index == index }) else {
            return
        }
        let session = peer.sessions[at]
        guard session.isOnTrial, session.isProven, let beganAt = session.lanesBeganAt else { return }
        let isPatient = now.since(beganAt) < TunnelLimits.laneTrialPatience
        let awaited = peer.mustTryLanes ? UInt64.max : peer.sealingRecord?.ownWays ?? 0
        let isSearching = session.search != nil || session.lanes.toSearch != nil
        let awaitsDetour = peer.mustTryLanes && peer.path.detour != nil
        if isPatient, awaitsDetour || session.lanes.isPending(awaited) { return }
        if peer.mustTryLanes, isSearching, provesMTU { return }
        peer.sessions[at].isOnTrial = false
        let before = peer.path
        // What was seen of an earlier session has been looked at again.
        if let detour = before.detour, detour.translation.at < session.createdAt { peer.path.detour = nil }
        if let carried = session.carriedByLane.values.min() {
            peer.path.mtu = PathSightings.MTU(
                ofThisHost: settings.interfaceMTU, statedByPeer: session.interfaceMTUOfPeer, carried: carried, at: now)
        }
        let isNews =
            peer.isJudgementDue || before.detour != peer.path.detour || before.mtu?.carried != peer.path.mtu?.carried
            || before.mtu?.stated != peer.path.mtu?.stated
        peer.isJudgementDue = false
        peers[id] = peer
        // First the verdict, then the session that it admits: people read them in this order.
        if isNews { emit(.judge(id)) }
        emit(.command(.allow(index, packetByteLimit: session.packetByteLimit)))
        sealUnlessOvertaken(index, of: id, now)
    }
}
