import SealanePacket

/// What lanes have to say.
extension Tunnel {
    public mutating func handle(
        _ event: LaneEvent, now: Now, admit: (PeerID, PeerTerms, PathSightings) -> Admission
    ) {
        switch event {
        case .sessionWanted(let id):
            wantSession(with: id, now)
        case .confirmed(let index):
            confirm(index, now.monotonic)
        case .stray(let endpoint):
            greetStranded(endpoint, now)
        case .blockLimitNear(let index):
            askRekey(index, now)
        case .handshake(let datagram, let arrival):
            handle(handshake: datagram, arrival, now, admit)
        case .detour(let index, let lane, let arrival):
            noteDetour(index, lane, arrival, now.monotonic)
        case .probeAnswered(let index, let number, let greatest):
            if number < LaneChecks.firstNumber {
                noteAnswer(to: number, greatest, index, now.monotonic)
            } else {
                noteLaneAnswer(to: number, index, now.monotonic)
            }
        case .probed(let index, let lane, let byteCount):
            noteProbe(index, lane, byteCount, now.monotonic)
        case .farewell(let index, let reasons):
            takeLeave(index, reasons, now.monotonic)
        case .report(let report):
            note(report)
        case .ended(let activity):
            settle(activity)
        }
    }

    /// A packet waits for this peer.
    public mutating func wantSession(with id: PeerID, _ now: Now) {
        guard let peer = peers[id] else { return }
        if let session = peer.sealing {
            // Asked before the lane knew.
            emit(.command(.seal(session)))
            return
        }
        peers[id]?.isWanted = true
        active.insert(id)
        guard peer.isAdmitted, peer.refusal == nil, peer.attempt == nil, !peer.isOnTrial,
            !defersToPeer(id, now.monotonic)
        else { return }
        initiate(with: id, firstSentAt: now.monotonic, now)
    }

    /// Whether the peer has asked for a session that it is likely to use at once. That is waited for once: initiations
    /// that somebody has recorded must not keep this end, which has forgotten them in a restart, from beginning itself.
    mutating func defersToPeer(_ id: PeerID, _ now: MonotonicTime) -> Bool {
        guard let peer = peers[id] else { return false }
        if let until = peer.defersUntil { return now < until }
        guard peer.hasUnconfirmedSession(youngerThan: TunnelLimits.retryAfter, at: now) else { return false }
        peers[id]?.defersUntil = now + TunnelLimits.retryAfter
        return true
    }

    /// The peer has used a session: it has the keys, and this end may seal with them.
    private mutating func confirm(_ index: SessionIndex, _ now: MonotonicTime) {
        guard let id = peerByIndex[index], var peer = peers[id],
            let at = peer.sessions.firstIndex(where: { $0.grant.index == index })
        else { return }
        guard peer.sessions[at].confirmedAt == nil else { return }
        peer.sessions[at].confirmedAt = now
        if !peer.sessions[at].isInitiator { peer.noteHandshake(at: now) }
        peers[id] = peer
        guard !peer.sessions[at].isInitiator else { return }
        if peer.sessions[at].isOnTrial { prove(index, of: id, now) } else { sealUnlessOvertaken(index, of: id, now) }
        beginLanes(index, of: id, now)
    }

    /// A session older than the one that seals was overtaken: it only opens.
    mutating func sealUnlessOvertaken(_ index: SessionIndex, of id: PeerID, _ now: MonotonicTime) {
        guard let peer = peers[id], let session = peer.sessions.first(where: { $0.grant.index == index }) else {
            return
        }
        if peer.sealingRecord.map({ $0.createdAt <= session.createdAt }) ?? true { seal(with: index, of: id, now) }
    }

    /// Data of no session came from a peer's endpoint: it may hold the keys of a life of this agent that is over, and
    /// would go on for `TunnelLimits.deadAfter`. A handshake tells it. The source may be forged, so this is limited.
    private mutating func greetStranded(_ endpoint: Endpoint, _ now: Now) {
        guard let id = peer(ownsLaneAt: endpoint), let peer = peers[id], peer.isAdmitted, peer.refusal == nil,
            peer.attempt == nil,
            peer.sealing == nil,
            peer.lastStray.map({ now.monotonic.since($0) >= TunnelLimits.strayInterval }) ?? true
        else { return }
        peers[id]?.lastStray = now.monotonic
        initiate(with: id, firstSentAt: now.monotonic, now)
    }

    private func peer(ownsLaneAt endpoint: Endpoint) -> PeerID? {
        for lane in 0...min(endpoint.port, UInt16(UInt8.max)) {
            let first = Endpoint(address: endpoint.address, port: endpoint.port - lane)
            if let id = peerByEndpoint[first] { return id }
        }
        return nil
    }

    /// One lane's last word on a session.
    private mutating func settle(_ activity: SessionActivity) {
        guard var peer = peers[activity.peer], var ending = peer.ending[activity.index] else { return }
        peer.past += activity
        ending.record.activity[activity.lane] = nil
        ending.lanesLeft -= 1
        peer.ending[activity.index] = ending.lanesLeft > 0 ? ending : nil
        peers[activity.peer] = peer
    }

    private mutating func askRekey(_ index: SessionIndex, _ now: Now) {
        guard let id = peerByIndex[index], var peer = peers[id],
            let at = peer.sessions.firstIndex(where: { $0.grant.index == index }),
            peer.sealing == index
        else { return }
        peer.sessions[at].rekeyAskedFor = now.monotonic
        peers[id] = peer
        if peer.attempt == nil { initiate(with: id, firstSentAt: now.monotonic, now) }
    }
}
