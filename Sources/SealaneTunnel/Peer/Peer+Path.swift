import SealanePacket

/// Observations of the path inside sessions: mismatches, and how much it carries.
extension Peer {
    // MARK: Translation and forwarding

    mutating func record(
        mismatch arrival: Arrival, ofLane lane: UInt8, _ index: SessionIndex, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) {
        guard let at = place(of: index) else { return }
        let session = sessions[at].parameters
        let expected = FourTuple(
            source: Endpoint(address: session.remote.address, port: session.remote.port &+ UInt16(lane)),
            destination: Endpoint(address: session.local.address, port: arrival.destination.port))
        path.record(arrival, ofLane: lane, expected: expected, at: now)
        // If the policy tolerates translation, a handshake learns the peer's new address, at most once per interval. A handshake
        // learns nothing about fragments, or about other lanes than lane 0, by which it travels.
        if lane == 0, arrival.fragmentByteCount == 0 {
            let moment = max(now, session.createdAt + TunnelLimits.refusalStandsFor)
            sessions[at].replaceAt = min(sessions[at].replaceAt ?? moment, moment)
        }
        requestPathDecision(&context)
    }

    // MARK: MTU

    /// After a change of the interface's MTU.
    mutating func forgetMTU(_ now: MonotonicTime, _ context: inout TunnelContext) {
        pathTicket = nil
        path.mtu = nil
        // The old MTU may have caused the failure. Packets of the next session wait, as for any first one.
        if path.mismatch == nil { mustTryLanes = false }
        if refusal != nil {
            refusal = nil
            if isAllowed { context.emit(.command(.block(id, nil))) }
        }
        for at in sessions.indices {
            sessions[at].carriedByLane = [:]
            let session = sessions[at]
            let limit = Session.packetByteLimit(mtu: context.settings.interfaceMTU, overIPv4: session.overIPv4)
            if limit < session.packetByteLimit {
                sessions[at].packetByteLimit = limit
                if !session.isValidating {
                    context.emit(.command(.allow(session.index, packetByteLimit: limit)))
                }
            }
            // The search has another target from here on.
            if let before = session.search {
                sessions[at].nextProbe = before.numberAfter
                search(session.index, lane: session.searchLane, now, &context)
            }
        }
    }

    /// Begins to search for what the session's path carries, by probes of one lane.
    mutating func search(
        _ index: SessionIndex, lane: UInt8 = 0, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        guard let at = place(of: index) else { return }
        let session = sessions[at]
        sessions[at].search = MTUSearch(
            target: min(context.settings.interfaceMTU, session.interfaceMTUOfPeer),
            least: session.leastProbeByteCount, firstNumber: session.nextProbe, at: now)
        sessions[at].searchLane = lane
        sessions[at].lastSearchAt = now
        context.active.insert(id)
        sendDueProbes(index, now, &context)
    }

    /// Sends the probes that are due, and begins a new search if a session has long sent data.
    mutating func checkPath(_ now: MonotonicTime, _ context: inout TunnelContext) {
        for session in sessions where session.search != nil { sendDueProbes(session.index, now, &context) }
        guard context.provesMTU, let session = activeSession, session.search == nil,
            now.since(session.lastSearchAt) >= TunnelLimits.pathCheckInterval,
            let lane = session.laneToSearch(after: searchedLane)
        else { return }
        searchedLane = lane
        search(session.index, lane: lane, now, &context)
    }

    private mutating func sendDueProbes(
        _ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        guard let at = place(of: index), let probes = sessions[at].search?.popDue(at: now) else { return }
        for probe in probes {
            let command = LaneCommand.probe(
                index, lane: sessions[at].searchLane, number: probe.number, byteCount: probe.byteCount)
            context.emit(.command(command))
        }
        concludeSearch(index, now, &context)
    }

    mutating func record(
        answerTo number: UInt32, greatest: Int, _ index: SessionIndex, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) {
        guard let at = place(of: index) else { return }
        sessions[at].search?.record(answerTo: number, greatest: greatest, at: now)
        concludeSearch(index, now, &context)
    }

    /// If the search of this session has ended, its result is an observation of the path.
    private mutating func concludeSearch(
        _ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        guard let at = place(of: index), let search = sessions[at].search, search.outcome != .searching else { return }
        sessions[at].search = nil
        sessions[at].nextProbe = search.numberAfter
        guard case .carries(let carried) = search.outcome else {
            return concludeSilentSearch(index, now, &context)
        }
        let lane = sessions[at].searchLane
        sessions[at].carriedByLane[lane] = carried
        sessions[at].silentSearches = 0
        let session = sessions[at]
        let observed = PathObservation.MTU(
            ofThisHost: context.settings.interfaceMTU, statedByPeer: session.interfaceMTUOfPeer,
            carried: session.carriedByLane.values.min() ?? carried, at: now)
        if lane != 0 {
            let limit = Session.packetByteLimit(mtu: carried, overIPv4: session.overIPv4)
            sessions[at].lanes.record(searchOf: lane, isWhole: limit >= session.packetByteLimit, at: now)
        }
        // A path that failed before stays failed until every lane was checked.
        guard carried < observed.stated || !session.isValidating || lane != 0 else {
            return allow(index, mtu: carried, now, &context)
        }
        // The target of a session that was replaced may be out of date.
        guard activeSession.map({ $0.createdAt <= session.createdAt }) ?? true else { return }
        let before = path.mtu
        path.mtu = observed
        // The decision comes before the session that it lets pass: people read them in this order.
        if carried < observed.stated || before?.carried != observed.carried || before?.stated != observed.stated {
            requestPathDecision(&context)
        }
        if carried >= observed.stated, lane == 0 { allow(index, mtu: carried, now, &context) }
        followLanes(index, now, &context)
    }

    /// No probe was answered, so the path MTU is unknown. A validating session ends. Other sessions have timers, unless the peer
    /// sends: then only probes are lost, twice in a row, and somebody may drop them on purpose.
    private mutating func concludeSilentSearch(
        _ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        guard let at = place(of: index) else { return }
        let session = sessions[at]
        if session.searchLane == 0 {
            let isHeard = session.latest(\.lastReceived).map { now.since($0) < MTUSearch.patience / 2 } ?? false
            sessions[at].silentSearches += 1
            if session.isValidating || isHeard && session.silentSearches > 0 { abandon(index, &context) }
        } else {
            sessions[at].lanes.record(searchOf: session.searchLane, isWhole: nil, at: now)
        }
        followLanes(index, now, &context)
    }

    /// Lane 0's path carries this much.
    mutating func allow(_ index: SessionIndex, mtu: Int, _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let at = place(of: index) else { return }
        let before = sessions[at]
        let limit = Session.packetByteLimit(mtu: mtu, overIPv4: before.overIPv4)
        sessions[at].isProven = true
        sessions[at].packetByteLimit = limit
        if limit > before.packetByteLimit { sessions[at].lanes.revalidate(at: now) }
        guard !before.isValidating else { return concludeValidation(index, now, &context) }
        guard limit != before.packetByteLimit else { return }
        followLanes(index, now, &context)
        context.emit(.command(.allow(index, packetByteLimit: limit)))
    }

    /// Gives up a session in which no probe is answered. After the last session, the next packet begins a new handshake.
    private mutating func abandon(_ index: SessionIndex, _ context: inout TunnelContext) {
        retire(index, &context)
        guard activeIndex == nil, attempt == nil, !isValidating else { return }
        isWanted = false
        context.emit(.command(.block(id, .unreachable)))
        guard !isUnreachable else { return }
        isUnreachable = true
        context.emit(.event(.unreachable(id)))
    }
}
