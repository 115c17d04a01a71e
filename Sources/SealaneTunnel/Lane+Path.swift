import SealaneAEAD
import SealanePacket

/// What a lane does for the witnesses of the path. Off the fast path.
extension Lane {
    /// Drops a datagram that did not come as those of its session do. An authentic one says that the path has changed; a
    /// forged one says nothing. One that was recorded and is sent again from elsewhere says nothing either, also if it was
    /// lost on its way: only what is newer than all that came counts, and that is the next one on a path that has changed.
    /// Who gets a copy in before the peer's own is on the path.
    @usableFromInline mutating func dropDetour(
        _ datagram: UnsafeMutableRawPointer, _ byteCount: Int, _ header: DataHeader,
        _ session: UnsafeMutablePointer<LaneSession>, _ arrival: Arrival
    ) {
        let isFragment = arrival.fragmentByteCount != 0 && cameStraight(header, session, arrival)
        drops.count(
            isFragment ? .fragmented : arrival.hopLimit < leastHopLimit ? .unexpectedHopLimit : .unexpectedSource)
        let isByFirst = header.flags & DataHeader.byFirstLane != 0
        guard !(isFragment ? session.pointee.isFragmentTold : session.pointee.isDetourTold),
            let opening = session.pointee.opening[session.pointee.slot(ofLane: header.lane, byFirst: isByFirst)]
                ?? session.pointee.deriveOpening(fromLane: header.lane, byFirst: isByFirst),
            opening.pointee.window.isNewest(header.counter)
        else { return }
        let sealed = datagram + DataHeader.byteCount
        guard
            opening.pointee.key.open(
                sealed, count: byteCount - DataHeader.byteCount,
                header: UnsafeRawBufferPointer(start: datagram, count: DataHeader.byteCount),
                nonce: Nonce(bigEndianCounter: header.counter), into: sealed)
        else { return }
        if isFragment { return reportFragment(header, session, arrival) }
        session.pointee.isDetourTold = true
        events.append(.detour(session.pointee.index, lane: isByFirst ? 0 : header.lane, arrival))
    }

    /// Whether addresses, port and hop limit are those that datagrams of the session have.
    private func cameStraight(
        _ header: DataHeader, _ session: UnsafeMutablePointer<LaneSession>, _ arrival: Arrival
    ) -> Bool {
        let port = header.flags & DataHeader.byFirstLane != 0 ? 0 : UInt16(header.lane)
        return arrival.source.address == session.pointee.remoteAddress
            && arrival.source.port == session.pointee.remotePort &+ port
            && arrival.destination.address == session.pointee.localAddress && arrival.hopLimit >= leastHopLimit
    }

    /// Tells once a session that an authentic datagram arrived in fragments, where the policy wants to know.
    @usableFromInline mutating func reportFragment(
        _ header: DataHeader, _ session: UnsafeMutablePointer<LaneSession>, _ arrival: Arrival
    ) {
        guard fragmentReaction != .ignore, !session.pointee.isFragmentTold else { return }
        session.pointee.isFragmentTold = true
        let lane = header.flags & DataHeader.byFirstLane != 0 ? 0 : header.lane
        events.append(.detour(session.pointee.index, lane: lane, arrival))
    }

    /// Takes what the peer says inside a session.
    @usableFromInline mutating func heed(
        _ bytes: UnsafeRawBufferPointer, _ header: DataHeader, _ session: UnsafeMutablePointer<LaneSession>,
        _ arrival: Arrival
    ) {
        let note = SessionNote(decoding: bytes)
        // A peer that closes the session does not want it used.
        if case .farewell = note {} else if !session.pointee.isConfirmed { confirm(session) }
        session.pointee.activity.lastReceived = now
        switch note {
        case .probe(let probe):
            // A probe in fragments was not carried.
            guard arrival.fragmentByteCount == 0 else { return }
            let isByFirst = header.flags & DataHeader.byFirstLane != 0
            let slot = session.pointee.slot(ofLane: header.lane, byFirst: isByFirst)
            let overhead = TunnelLimits.overhead(overIPv4: session.pointee.remoteAddress.isIPv4)
            let greatest = session.pointee.opening[slot]?.pointee.takeGreatest(at: now) ?? 0
            let whole = greatest + overhead - TunnelLimits.sealOverhead
            say(.answer(probe, greatest: greatest == 0 ? 0 : UInt16(clamping: whole)), session)
            // Where a path has failed before, the control thread waits for this.
            guard session.pointee.isClosed else { return }
            events.append(
                .probed(session.pointee.index, lane: header.lane, byteCount: bytes.count + overhead))
        case .answer(let probe, let greatest):
            events.append(.probeAnswered(session.pointee.index, number: probe, greatest: Int(greatest)))
        case .farewell(let reasons): events.append(.farewell(session.pointee.index, reasons: reasons))
        case nil: drops.count(.malformedPacket)
        }
    }

    mutating func say(
        _ note: SessionNote, paddedTo byteCount: Int = 0, _ session: UnsafeMutablePointer<LaneSession>
    ) {
        sealSeparately(note.encoded(paddedTo: byteCount), flags: DataHeader.note, session)
    }

    /// - Parameter byteCount: of the IP packet that the probe makes.
    mutating func sendProbe(_ probe: UInt32, _ byteCount: Int, _ index: SessionIndex) {
        guard let session = session(index) else { return }
        let overhead = TunnelLimits.overhead(overIPv4: session.pointee.remoteAddress.isIPv4)
        say(.probe(probe), paddedTo: byteCount - overhead, session)
    }

    mutating func allow(_ index: SessionIndex, _ packetByteLimit: Int) {
        guard let session = session(index) else { return }
        session.pointee.isOnTrial = false
        session.pointee.isClosed = false
        session.pointee.packetByteLimit = packetByteLimit
    }

    /// Has packets leave by this lane's own way, or by that of lane 0.
    mutating func steer(_ index: SessionIndex, ownWays: UInt64, _ drain: Duration) {
        guard let session = session(index) else { return }
        let usesOwnWay = number == 0 || number < 64 && ownWays & 1 << UInt64(number) != 0
        session.pointee.drain = drain
        guard usesOwnWay != session.pointee.usesOwnWay else { return }
        session.pointee.usesOwnWay = usesOwnWay
        pause(after: session.pointee.activity.lastDataSent, drain)
    }

    /// Gives what has left a start over what leaves by another way.
    mutating func pause(after lastDataSent: MonotonicTime?, _ drain: Duration) {
        guard let lastDataSent else { return }
        pausedUntil = max(pausedUntil, lastDataSent + drain)
    }

    /// Seals what is no packet into a datagram of its own, which leaves by this lane's own way: a probe is about that way, and
    /// an answer returns on the way of its probe.
    mutating func sealSeparately(_ content: [UInt8], flags: UInt8, _ session: UnsafeMutablePointer<LaneSession>) {
        var buffer = [UInt8](repeating: 0, count: content.count + TunnelLimits.sealOverhead)
        buffer.replaceSubrange(DataHeader.byteCount..<DataHeader.byteCount + content.count, with: content)
        let byteCount = buffer.withUnsafeMutableBytes { buffer -> Int in
            guard let start = buffer.baseAddress else { return 0 }
            return sealDatagram(
                start + DataHeader.byteCount, packetByteCount: content.count, flags: flags, session, byFirst: false,
                into: start)
        }
        guard byteCount > 0 else { return }
        released.append(WaitingDatagram(bytes: buffer, destination: session.pointee.ownDestination))
    }
}
