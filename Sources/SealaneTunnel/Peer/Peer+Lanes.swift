import SealanePacket

/// Which lanes carry packets, and when a validating session may.
extension Peer {
    /// Begins to validate the path of a session whose keys both ends have.
    mutating func validate(_ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let at = place(of: index) else { return }
        guard !context.provesMTU else { return search(index, now, &context) }
        sessions[at].isProven = true
        concludeValidation(index, now, &context)
    }

    /// Begins to check the lanes of a session whose keys both ends have.
    mutating func beginLanes(_ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let at = place(of: index) else { return }
        if sessions[at].lanesBeganAt == nil { sessions[at].lanesBeganAt = now }
        // Each lane that is probed has keys at both ends. With many peers, lanes that send nothing get no probes.
        let isEager = context.active.count <= TunnelLimits.eagerLanePeerLimit || mustTryLanes
        let inUse = activeSession?.ownPaths ?? 0
        sessions[at].lanes.begin(isEager ? .max : inUse, at: now)
        checkLanes(now, &context)
    }

    /// Sends the probes of lanes that are due, and ends validations whose time is over.
    mutating func checkLanes(_ now: MonotonicTime, _ context: inout TunnelContext) {
        for index in sessions.map(\.index) {
            guard let at = place(of: index) else { continue }
            let probes = sessions[at].lanes.popDue(at: now)
            let session = sessions[at]
            for probe in probes ?? [] {
                let byteCount =
                    probe.isFull && context.provesMTU
                    ? session.packetByteLimit + TunnelLimits.overhead(overIPv4: session.overIPv4)
                    : session.leastProbeByteCount
                context.emit(.command(.probe(index, lane: probe.lane, number: probe.number, byteCount: byteCount)))
            }
            if probes != nil { followLanes(index, now, &context) }
            if let lane = session.lanes.toSearch, session.isProven, session.search == nil {
                if context.provesMTU {
                    search(index, lane: lane, now, &context)
                } else {
                    sessions[at].lanes.record(searchOf: lane, isWhole: nil, at: now)
                }
            }
            if session.isValidating, session.isProven { concludeValidation(index, now, &context) }
        }
    }

    mutating func record(
        laneAnswerTo number: UInt32, _ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext
    ) {
        guard let at = place(of: index) else { return }
        sessions[at].lanes.record(answerTo: number, at: now)
        followLanes(index, now, &context)
        concludeValidation(index, now, &context)
    }

    /// If the lanes that carry packets on their own path have changed, tells the lanes. Reports lanes that fail.
    mutating func followLanes(_ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let at = place(of: index) else { return }
        let checks = sessions[at].lanes
        let createdAt = sessions[at].createdAt
        let isNewest = !sessions.contains { $0.createdAt > createdAt }
        if isNewest { lanes = checks }
        if checks.usable != sessions[at].ownPaths {
            sessions[at].ownPaths = checks.usable
            context.emit(.command(.steer(index, ownPaths: checks.usable, drain: checks.drain)))
        }
        guard isNewest else { return }
        for (number, lane) in checks.lanes {
            switch lane.state {
            case .usable:
                failedLanes[number] = nil
                // A lane that proves itself carries what packets need, whatever it carried before.
                sessions[at].carriedByLane[number] = nil
            case .silent where failedLanes[number]?.kind != .silent:
                failedLanes[number] = LaneFailure(kind: .silent, since: now)
            case .reduced where lane.isTried && failedLanes[number]?.kind != .reduced:
                failedLanes[number] = LaneFailure(kind: .reduced, since: now)
            case .silent, .reduced, .validating: break
            }
        }
        reportLanes(&context)
    }

    /// Once for each change.
    private mutating func reportLanes(_ context: inout TunnelContext) {
        let failed = failedLanes.mapValues(\.kind)
        guard failed != reportedLanes else { return }
        reportedLanes = failed
        func lanes(_ kind: LaneFailure.Kind) -> [UInt8] { failed.filter { $1 == kind }.keys.sorted() }
        context.emit(.event(.lanesFailed(id, silent: lanes(.silent), reduced: lanes(.reduced))))
    }

    // MARK: Validation

    /// A whole probe of the peer's lane arrived, in a session whose path failed before.
    mutating func record(
        probeOfLane lane: UInt8, _ byteCount: Int, _ index: SessionIndex, _ now: MonotonicTime,
        _ context: inout TunnelContext
    ) {
        guard let mismatch = path.mismatch, mismatch.lane == lane, let at = place(of: index),
            mismatch.fragmentation == nil
                || byteCount >= min(context.settings.interfaceMTU, sessions[at].interfaceMTUOfPeer)
        else { return }
        path.mismatch = nil
        isDecisionDue = true
        concludeValidation(index, now, &context)
    }

    /// If nothing is left to wait for, packets travel in the session from here on.
    ///
    /// After a failure every lane is tried first, and the lane with the mismatch must be seen to arrive as it should, unless it
    /// stays silent. A session that replaces another waits for the lanes that carry packets in that one.
    mutating func concludeValidation(_ index: SessionIndex, _ now: MonotonicTime, _ context: inout TunnelContext) {
        guard let at = place(of: index) else { return }
        let session = sessions[at]
        guard session.isValidating, session.isProven, let beganAt = session.lanesBeganAt else { return }
        let isPatient = now.since(beganAt) < TunnelLimits.laneValidationPatience
        let awaited = mustTryLanes ? UInt64.max : activeSession?.ownPaths ?? 0
        let isSearching = session.search != nil || session.lanes.toSearch != nil
        let awaitsMismatch = mustTryLanes && path.mismatch != nil
        if isPatient, awaitsMismatch || session.lanes.isPending(awaited) { return }
        if mustTryLanes, isSearching, context.provesMTU { return }
        sessions[at].isValidating = false
        let before = path
        // This session has observed again what an earlier one did.
        if let mismatch = before.mismatch, mismatch.translation.at < session.createdAt { path.mismatch = nil }
        if let carried = session.carriedByLane.values.min() {
            path.mtu = PathObservation.MTU(
                ofThisHost: context.settings.interfaceMTU, statedByPeer: session.interfaceMTUOfPeer,
                carried: carried, at: now)
        }
        let isNews =
            isDecisionDue || before.mismatch != path.mismatch || before.mtu?.carried != path.mtu?.carried
            || before.mtu?.stated != path.mtu?.stated
        isDecisionDue = false
        // The decision comes before the session that it lets pass: people read them in this order.
        if isNews { requestPathDecision(&context) }
        context.emit(.command(.allow(index, packetByteLimit: session.packetByteLimit)))
        activateUnlessOvertaken(index, now, &context)
    }
}
