import SealaneAEAD
import SealanePacket

/// Observations of the path, and control messages. Off the fast path.
extension Lane {
    /// Drops a datagram whose addresses, port or TTL do not match its session, or that arrived in fragments. Reports it only if it
    /// is authentic and has the highest counter so far: an older one may be a replay from elsewhere. An attacker who delivers a
    /// copy before the original is on the path, and could drop traffic anyway.
    @usableFromInline mutating func dropMismatch(
        _ datagram: UnsafeMutableRawPointer, _ byteCount: Int, _ header: DataHeader,
        _ session: UnsafeMutablePointer<LaneSession>, _ arrival: Arrival
    ) {
        let isFragment = arrival.fragmentByteCount != 0 && matches(header, session, arrival)
        drops.count(
            isFragment ? .fragmented : arrival.hopLimit < leastHopLimit ? .unexpectedHopLimit : .unexpectedSource)
        let isByFirst = header.flags & DataHeader.byFirstLane != 0
        guard !(isFragment ? session.pointee.isFragmentReported : session.pointee.isMismatchReported),
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
        session.pointee.isMismatchReported = true
        events.append(.mismatch(session.pointee.index, lane: isByFirst ? 0 : header.lane, arrival))
    }

    /// Whether addresses, port and hop limit are those of the session's datagrams.
    private func matches(
        _ header: DataHeader, _ session: UnsafeMutablePointer<LaneSession>, _ arrival: Arrival
    ) -> Bool {
        let port = header.flags & DataHeader.byFirstLane != 0 ? 0 : UInt16(header.lane)
        return arrival.source.address == session.pointee.remoteAddress
            && arrival.source.port == session.pointee.remotePort &+ port
            && arrival.destination.address == session.pointee.localAddress && arrival.hopLimit >= leastHopLimit
    }

    /// Reports an authentic datagram that arrived in fragments, once a session, if the policy asks for that.
    @usableFromInline mutating func reportFragment(
        _ header: DataHeader, _ session: UnsafeMutablePointer<LaneSession>, _ arrival: Arrival
    ) {
        guard fragmentReaction != .ignore, !session.pointee.isFragmentReported else { return }
        session.pointee.isFragmentReported = true
        let lane = header.flags & DataHeader.byFirstLane != 0 ? 0 : header.lane
        events.append(.mismatch(session.pointee.index, lane: lane, arrival))
    }

    /// Responds to a control message of the peer.
    @usableFromInline mutating func respond(
        to bytes: UnsafeRawBufferPointer, _ header: DataHeader, _ session: UnsafeMutablePointer<LaneSession>,
        _ arrival: Arrival
    ) {
        let message = ControlMessage(decoding: bytes)
        // A peer that closes the session does not want it used.
        if case .close = message {} else if !session.pointee.isConfirmed { confirm(session) }
        session.pointee.activity.lastReceived = now
        switch message {
        case .probe(let probe):
            // The path does not carry a probe that arrived in fragments.
            guard arrival.fragmentByteCount == 0 else { return }
            let isByFirst = header.flags & DataHeader.byFirstLane != 0
            let slot = session.pointee.slot(ofLane: header.lane, byFirst: isByFirst)
            let overhead = TunnelLimits.overhead(overIPv4: session.pointee.remoteAddress.isIPv4)
            let greatest = session.pointee.opening[slot]?.pointee.popGreatest(at: now) ?? 0
            let whole = greatest + overhead - TunnelLimits.sealOverhead
            send(.answer(probe, greatest: greatest == 0 ? 0 : UInt16(clamping: whole)), session)
            // If the path failed before, the control thread waits for this event.
            guard session.pointee.dropsPackets else { return }
            events.append(
                .probed(session.pointee.index, lane: header.lane, byteCount: bytes.count + overhead))
        case .answer(let probe, let greatest):
            events.append(.probeAnswered(session.pointee.index, number: probe, greatest: Int(greatest)))
        case .close(let reasons): events.append(.closed(session.pointee.index, reasons: reasons))
        case nil: drops.count(.malformedPacket)
        }
    }

    mutating func send(
        _ message: ControlMessage, paddedTo byteCount: Int = 0, _ session: UnsafeMutablePointer<LaneSession>
    ) {
        sealSeparately(message.encoded(paddedTo: byteCount), flags: DataHeader.control, session)
    }

    /// - Parameter byteCount: of the IP packet that the probe makes.
    mutating func sendProbe(_ probe: UInt32, _ byteCount: Int, _ index: SessionIndex) {
        guard let session = session(index) else { return }
        let overhead = TunnelLimits.overhead(overIPv4: session.pointee.remoteAddress.isIPv4)
        send(.probe(probe), paddedTo: byteCount - overhead, session)
    }

    mutating func allow(_ index: SessionIndex, _ packetByteLimit: Int) {
        guard let session = session(index) else { return }
        session.pointee.isValidating = false
        session.pointee.dropsPackets = false
        session.pointee.packetByteLimit = packetByteLimit
    }

    /// Packets leave by this lane's own path, or by that of lane 0.
    mutating func steer(_ index: SessionIndex, ownPaths: UInt64, _ drain: Duration) {
        guard let session = session(index) else { return }
        let usesOwnPath = number == 0 || number < 64 && ownPaths & 1 << UInt64(number) != 0
        session.pointee.drain = drain
        guard usesOwnPath != session.pointee.usesOwnPath else { return }
        session.pointee.usesOwnPath = usesOwnPath
        pause(after: session.pointee.activity.lastDataSent, drain)
    }

    /// Sends no packets for a while, so that none overtakes those that left by another path.
    mutating func pause(after lastDataSent: MonotonicTime?, _ drain: Duration) {
        guard let lastDataSent else { return }
        pausedUntil = max(pausedUntil, lastDataSent + drain)
    }

    /// Seals a control message, or nothing, into a datagram that leaves by this lane's own path: a probe tests that path, and an
    /// answer returns on the path of its probe.
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
