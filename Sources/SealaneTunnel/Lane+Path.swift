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
        drops.count(arrival.hopLimit < leastHopLimit ? .unexpectedHopLimit : .unexpectedSource)
        guard !session.pointee.isDetourTold,
            let opening = session.pointee.opening[Int(header.lane)]
                ?? session.pointee.deriveOpening(fromLane: header.lane),
            opening.pointee.window.isNewest(header.counter)
        else { return }
        let sealed = datagram + DataHeader.byteCount
        guard
            opening.pointee.key.open(
                sealed, count: byteCount - DataHeader.byteCount,
                header: UnsafeRawBufferPointer(start: datagram, count: DataHeader.byteCount),
                nonce: Nonce(bigEndianCounter: header.counter), into: sealed)
        else { return }
        session.pointee.isDetourTold = true
        events.append(.detour(session.pointee.index, lane: header.lane, arrival))
    }

    /// Takes what the peer says inside a session.
    @usableFromInline mutating func heed(
        _ bytes: UnsafeRawBufferPointer, _ session: UnsafeMutablePointer<LaneSession>
    ) {
        let note = SessionNote(decoding: bytes)
        // A peer that takes its leave does not want this session used.
        if case .farewell = note {} else if !session.pointee.isConfirmed { confirm(session) }
        session.pointee.activity.lastReceived = now
        switch note {
        case .probe(let probe): say(.answer(probe), session)
        case .answer(let probe): events.append(.probeAnswered(session.pointee.index, number: probe))
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

    /// Seals what is no packet into a datagram of its own.
    mutating func sealSeparately(_ content: [UInt8], flags: UInt8, _ session: UnsafeMutablePointer<LaneSession>) {
        var buffer = [UInt8](repeating: 0, count: content.count + TunnelLimits.sealOverhead)
        buffer.replaceSubrange(DataHeader.byteCount..<DataHeader.byteCount + content.count, with: content)
        let byteCount = buffer.withUnsafeMutableBytes { buffer -> Int in
            guard let start = buffer.baseAddress else { return 0 }
            return sealDatagram(
                start + DataHeader.byteCount, packetByteCount: content.count, flags: flags, session, into: start)
        }
        guard byteCount > 0 else { return }
        released.append(WaitingDatagram(bytes: buffer, destination: session.pointee.destination))
    }
}
