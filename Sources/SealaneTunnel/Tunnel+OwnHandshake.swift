import SealanePacket

/// Handshakes that this end begins because of what an initiation of the peer says, which somebody may have recorded.
extension Tunnel {
    /// Begins a handshake with a peer that seems to be alive, to learn from fresh keys whether it is, and what it says now.
    /// Whoever repeats recordings can bring that about, so its rate is limited; and it is given up soon unless a packet waits.
    ///
    /// - Parameter prompt: the initiation that was not accepted for its timestamp, if it is that.
    mutating func beginOwn(with id: PeerID, prompt: HandshakePrompt? = nil, _ now: Now) {
        guard let peer = peers[id], peer.isAdmitted else { return }
        if let refusal = peer.refusal, now.monotonic < refusal.until { return }
        let interval =
            if peer.sealing != nil { TunnelLimits.refusalStandsFor } else if peer.attempt != nil {
                TunnelLimits.retryAfter
            } else { TunnelLimits.ownHandshakeInterval }
        if let last = peer.incidents.lastOwnHandshake, now.monotonic.since(last) < interval { return }
        if peer.attempt != nil {
            // Two initiations that cross, neither of which the other end accepts for its timestamp: the end of the lesser key begins
            // again, with one that names the other's.
            guard prompt != nil, publicKey.bytes.lexicographicallyPrecedes(peer.parameters.publicKey.bytes) else {
                return
            }
        }
        peers[id]?.incidents.lastOwnHandshake = now.monotonic
        initiate(
            with: id, firstSentAt: peer.attempt?.firstSentAt ?? now.monotonic,
            number: (peer.attempt?.number ?? 0) + 1, prompt: prompt, isOwnIdea: peer.attempt?.isOwnIdea ?? true, now)
    }

    /// Lets an initiation pass whose timestamp is new, some while after the one before, or that this end's own initiation
    /// prompted, of which there is one at most.
    mutating func demandNovelty(
        of initiation: HandshakeMessage.Initiation, _ payload: InitiationPayload, _ id: PeerID, _ arrival: Arrival,
        _ now: Now
    ) throws(DropReason) {
        guard let peer = peers[id] else { throw .unknownPeer }
        if let prompt = payload.prompt, let attempt = peer.attempt, attempt.isNamed(by: prompt) {
            return hear(prompt, to: attempt, payload.timestamp, id, now)
        }
        let history = histories[peer.parameters.publicKey] ?? InitiationHistory()
        let kind: ClockObjection.Kind
        let comparedWith: TAI64N
        switch history.judge(payload.timestamp, at: now.wall) {
        case .fresh:
            if let last = peer.lastInitiationAccepted, now.monotonic.since(last) < TunnelLimits.initiationInterval {
                throw .handshakeLimited
            }
            return
        case .repeated: throw .handshakeReplayed
        case .late(let seen): (kind, comparedWith) = (.behind, seen)
        case .early:
            noteTimestamp(payload.timestamp, of: peer.parameters.publicKey, now)
            (kind, comparedWith) = (.ahead, now.wall)
        }
        let objection = ClockObjection(
            kind: kind, isByPeer: false, stated: payload.timestamp, comparedWith: comparedWith, at: now.monotonic)
        note(objection, of: id)
        peers[id]?.incidents.lastRefusedHandshake = RefusedHandshake(
            at: now.monotonic, source: arrival.source, cause: .clock(objection))
        let prompt = HandshakePrompt(
            mac1: HandshakeMAC.mac1(of: initiation.datagram), seen: kind == .behind ? comparedWith : nil)
        beginOwn(with: id, prompt: prompt, now)
        throw kind == .ahead ? .handshakeAheadOfClock : .handshakeReplayed
    }

    /// The peer has answered this end's initiation by one of its own, for the time in this end's.
    private mutating func hear(
        _ prompt: HandshakePrompt, to attempt: InitiationAttempt, _ timestamp: TAI64N, _ id: PeerID, _ now: Now
    ) {
        note(
            ClockObjection(
                kind: prompt.seen == nil ? .ahead : .behind, isByPeer: true, stated: attempt.timestamp,
                comparedWith: prompt.seen ?? timestamp, at: now.monotonic), of: id)
        // This clock was ahead and was set back since: the times that it stated meanwhile count nowhere.
        if prompt.seen == nil, let last = lastTimestamp, last > now.wall { lastTimestamp = nil }
        // The peer will not answer it, and one initiation is prompted by it, not two.
        releaseIndex(attempt.index)
        peers[id]?.attempt = nil
    }

    /// People hear of it once in a while: it comes again with every attempt.
    private mutating func note(_ objection: ClockObjection, of id: PeerID) {
        let isNews =
            peers[id]?.incidents.clockEventAt.map { objection.at.since($0) >= TunnelLimits.eventInterval } ?? true
        peers[id]?.incidents.clock = objection
        guard isNews else { return }
        peers[id]?.incidents.clockEventAt = objection.at
        emit(.event(.clockDiffers(id, objection)))
    }

    // MARK: What is remembered of timestamps

    /// Remembers this timestamp of the peer, whatever becomes of the peer.
    mutating func noteTimestamp(_ timestamp: TAI64N, of key: PublicKey, _ now: Now) {
        histories[key, default: InitiationHistory()].note(timestamp, at: now.wall)
        historiesVersion += 1
    }

    /// What an earlier life of the agent remembered takes the place of what this one does.
    public mutating func remember(_ histories: [PublicKey: InitiationHistory]) {
        self.histories = histories
    }

    /// Keys that are no peer's are forgotten when there are too many.
    mutating func forgetOldHistories() {
        guard histories.count > peerByKey.count + TunnelLimits.rememberedStrangers else { return }
        let strangers = histories.filter { peerByKey[$0.key] == nil }
        let oldestFirst = strangers.sorted { ($0.value.greatest ?? .zero) < ($1.value.greatest ?? .zero) }
        for (key, _) in oldestFirst.prefix(TunnelLimits.rememberedStrangers / 2) { histories[key] = nil }
    }

    /// Later than all that this end has stated, also where its clock was set back.
    mutating func nextTimestamp(_ wall: TAI64N) -> TAI64N {
        let timestamp = max(wall, lastTimestamp?.successor ?? wall)
        lastTimestamp = timestamp
        return timestamp
    }
}
