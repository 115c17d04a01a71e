import SealanePacket

/// What time and traffic bring about. Every rule of section "timers" of the protocol stands here, once.
extension Tunnel {
    /// The next moment at which `advance(to:)` has something to do; nil while no peer is active.
    public func nextDeadline(after now: MonotonicTime) -> MonotonicTime? {
        var deadline: MonotonicTime?
        func consider(_ moment: MonotonicTime?) {
            // What is due already and was left undone waits for traffic, not for time.
            guard let moment, moment > now else { return }
            deadline = min(deadline ?? moment, moment)
        }
        for id in active {
            guard let peer = peers[id] else { continue }
            consider(peer.attempt?.retryAt)
            if peer.isWanted { consider(peer.refusal?.until ?? now + TunnelLimits.retryAfter) }
            consider(peer.conversation.owesSignOfLifeSince.map { $0 + TunnelLimits.keepaliveAfter })
            consider(peer.conversation.unansweredSince.map { $0 + TunnelLimits.deadAfter })
            for session in peer.sessions {
                consider(session.search?.dueAt)
                consider(session.lanes.dueAt)
                if session.isOnTrial { consider(session.lanesBeganAt.map { $0 + TunnelLimits.laneTrialPatience }) }
                consider(session.createdAt + TunnelLimits.rejectAfter)
                if session.grant.index == peer.sealing { consider(session.rekeyAskedFor) }
                if session.isInitiator, session.grant.index == peer.sealing {
                    consider(session.createdAt + settings.rekeyAfter)
                }
            }
        }
        return deadline
    }

    /// Does what is due.
    public mutating func advance(to now: Now) {
        for id in active.sorted(by: { $0.rawValue < $1.rawValue }) {
            retireOldSessions(of: id, now.monotonic)
            checkPath(to: id, now.monotonic)
            checkLanes(of: id, now.monotonic)
            signLife(to: id, now.monotonic)
            retryAttempt(with: id, now)
            renew(id, now)
            if let peer = peers[id], !peer.isActive { active.remove(id) }
        }
    }

    /// Takes in what a lane did since its last report.
    public mutating func note(_ report: LaneReport) {
        for activity in report.sessions {
            guard var peer = peers[activity.peer],
                let at = peer.sessions.firstIndex(where: { $0.grant.index == activity.index })
            else { continue }
            let before = peer.sessions[at].activity.updateValue(activity, forKey: report.lane)
            if activity.lastDataSent != before?.lastDataSent { peer.sessions[at].lanes.note(sentOn: [report.lane]) }
            peer.conversation.note(activity)
            peers[activity.peer] = peer
        }
    }

    /// Too old to use; or replaced by one that has long carried data.
    private mutating func retireOldSessions(of id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id] else { return }
        let successor = peer.sealingRecord
        for session in peer.sessions {
            let isExpired = now.since(session.createdAt) >= TunnelLimits.rejectAfter
            let isReplaced =
                if let successor, let confirmedAt = successor.confirmedAt, session.createdAt < successor.createdAt {
                    now.since(confirmedAt) >= TunnelLimits.retryAfter
                } else {
                    false
                }
            if isExpired || isReplaced { retire(session, &peer) }
        }
        peers[id] = peer
    }

    /// Passive keepalive: the peer sent data and this end had nothing to say.
    private mutating func signLife(to id: PeerID, _ now: MonotonicTime) {
        guard let peer = peers[id], let session = peer.sealing, let since = peer.conversation.owesSignOfLifeSince,
            now.since(since) >= TunnelLimits.keepaliveAfter
        else { return }
        peers[id]?.conversation.noteSignOfLife()
        emit(.command(.sendKeepalive(session)))
    }

    private mutating func retryAttempt(with id: PeerID, _ now: Now) {
        guard let attempt = peers[id]?.attempt, now.monotonic >= attempt.retryAt else { return }
        if attempt.isOwnIdea, peers[id]?.isWanted == false {
            guard now.monotonic.since(attempt.firstSentAt) < TunnelLimits.ownHandshakeGivenUpAfter else {
                releaseIndex(attempt.index)
                peers[id]?.attempt = nil
                return
            }
            return initiateAgain(with: id, after: attempt, now)
        }
        if attempt.number >= TunnelLimits.initiationsUntilUnreachable { reportUnreachable(id, now.monotonic) }
        guard now.monotonic.since(attempt.firstSentAt) < TunnelLimits.giveUpAfter else {
            releaseIndex(attempt.index)
            peers[id]?.attempt = nil
            peers[id]?.isWanted = false
            // Lets the next packet ask again.
            if peers[id]?.sealing == nil { emit(.command(.obstruct(id, .unreachable))) }
            return
        }
        initiateAgain(with: id, after: attempt, now)
    }

    /// Several initiations in a row went unanswered: packets are answered from here on, instead of waiting. Sessions on which the
    /// peer was heard lately stay; it may be the initiations alone that were lost.
    private mutating func reportUnreachable(_ id: PeerID, _ now: MonotonicTime) {
        guard var peer = peers[id], !peer.isUnreachable,
            !peer.hasUnconfirmedSession(youngerThan: TunnelLimits.retryAfter, at: now)
        else { return }
        let isSilent = peer.conversation.unansweredSince.map { now.since($0) >= TunnelLimits.deadAfter } ?? false
        let isDead = peer.sealing == nil || isSilent
        guard isDead else { return }
        for session in peer.sessions { retire(session, &peer) }
        peer.isUnreachable = true
        peers[id] = peer
        emit(.command(.obstruct(id, .unreachable)))
        emit(.event(.unreachable(id)))
    }

    /// Begins a handshake where traffic wants one: no session, an old one, or one that is not answered.
    private mutating func renew(_ id: PeerID, _ now: Now) {
        guard let peer = peers[id], peer.isAdmitted, peer.attempt == nil, !peer.isOnTrial else { return }
        if let refusal = peer.refusal {
            guard now.monotonic >= refusal.until else { return }
            peers[id]?.refusal = nil
            emit(.command(.obstruct(id, nil)))
            if peer.isWanted { initiate(with: id, firstSentAt: now.monotonic, now) }
            return
        }
        guard let session = peer.sealingRecord else {
            if peer.isWanted, !defersToPeer(id, now.monotonic) { initiate(with: id, firstSentAt: now.monotonic, now) }
            return
        }
        if let since = peer.conversation.unansweredSince, now.monotonic.since(since) >= TunnelLimits.deadAfter {
            emit(.event(.silent(id)))
            initiate(with: id, firstSentAt: now.monotonic, now)
        } else if session.isInitiator, now.monotonic.since(session.createdAt) >= settings.rekeyAfter,
            let spoke = session.latest(\.lastSent), spoke >= session.createdAt + settings.rekeyAfter
        {
            initiate(with: id, firstSentAt: now.monotonic, now)
        } else if let moment = session.rekeyAskedFor, now.monotonic >= moment {
            initiate(with: id, firstSentAt: now.monotonic, now)
        }
    }
}
