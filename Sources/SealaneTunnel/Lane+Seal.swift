import SealaneAEAD
import SealanePacket

/// What became of a packet that was to be sealed.
@frozen public enum Sealed {
    /// The datagram stands where the packet stood, `DataHeader.byteCount` before it; it goes to this endpoint.
    case datagram(byteCount: Int, to: Endpoint)
    /// The packet was copied and waits for a session.
    case waiting
    case dropped
}

/// A session that seals, as found for one destination. Good until the lane applies its next command.
@frozen public struct SealingSession {
    @usableFromInline let session: UnsafeMutablePointer<LaneSession>

    @inlinable init(_ session: UnsafeMutablePointer<LaneSession>) {
        self.session = session
    }

    /// Where its datagrams go.
    @inlinable public var destination: Endpoint { session.pointee.destination }
    /// Whether they leave from lane 0's socket instead of the lane's own.
    @inlinable public var isByFirstLane: Bool { !session.pointee.usesOwnWay }
    /// The greatest packet, in bytes, that fits one datagram.
    @inlinable public var packetByteLimit: Int { session.pointee.packetByteLimit }

    @inlinable public func isSame(as other: SealingSession) -> Bool { session == other.session }
}

extension Lane {
    /// The session that seals packets for this destination. Nil: there is none; `withhold` takes the packet.
    @inlinable public func sealingSession(for destination: IPAddress) -> SealingSession? {
        let peer = routes.lookup(destination)
        guard peer >= 0, peer < peerCapacity, let session = peers[peer].sealing else { return nil }
        return SealingSession(session)
    }

    /// Seals one packet for which `session` was found and which keeps to its limit.
    ///
    /// - Parameters:
    ///   - packet: read only.
    ///   - datagram: `packet.count + TunnelLimits.sealOverhead` bytes of the caller's, apart from the packet's; or
    ///     those from `DataHeader.byteCount` before it on.
    /// - Returns: the datagram's length, or 0 if the session must seal no more: the drop was counted.
    @inlinable public mutating func seal(
        _ packet: UnsafeRawBufferPointer, isChecksumPartial: Bool, with session: SealingSession,
        into datagram: UnsafeMutableRawPointer
    ) -> Int {
        guard let start = packet.baseAddress else { return 0 }
        let byteCount = sealDatagram(
            start, packetByteCount: packet.count, flags: isChecksumPartial ? DataHeader.partialChecksum : 0,
            session.session, byFirst: session.isByFirstLane, into: datagram)
        if byteCount > 0 {
            session.session.pointee.activity.sent.add(packetOf: packet.count)
            session.session.pointee.activity.lastDataSent = now
        }
        return byteCount
    }

    /// Takes a packet for whose destination no session seals: keeps a copy until there is one, or drops and answers it.
    ///
    /// - Parameter packet: its checksums are complete.
    /// - Returns: `waiting` or `dropped`.
    @discardableResult
    public mutating func withhold(_ packet: IPPacket) -> Sealed {
        let peer = routes.lookup(packet.destination)
        guard peer >= 0, peer < peerCapacity else {
            drops.count(.noPeerForDestination)
            answer(packet, with: .noRoute)
            return .dropped
        }
        return hold(packet, for: PeerID(UInt32(peer)))
    }

    /// Drops a packet that exceeds the session's limit, and answers it with the size that does not.
    public mutating func refuseTooBig(_ packet: IPPacket, for session: SealingSession) {
        drops.count(.packetTooBig)
        session.session.pointee.activity.packetsTooBig &+= 1
        answer(packet, with: .packetTooBig(mtu: UInt32(session.packetByteLimit)))
    }

    /// Seals one packet in place, whose checksums are complete; or says why not.
    ///
    /// - Parameters:
    ///   - buffer: caller-owned: `DataHeader.byteCount` bytes of room, the packet, then 16 bytes of room for the tag.
    ///   - packetByteCount: the packet's length.
    @inlinable public mutating func seal(_ buffer: UnsafeMutableRawPointer, packetByteCount: Int) -> Sealed {
        let packetStart = buffer + DataHeader.byteCount
        guard let packet = IPPacket(UnsafeRawBufferPointer(start: packetStart, count: packetByteCount)),
            !packet.hasMappedAddress
        else {
            drops.count(.malformedLocalPacket)
            return .dropped
        }
        guard let session = sealingSession(for: packet.destination) else { return withhold(packet) }
        guard packetByteCount <= session.packetByteLimit else {
            refuseTooBig(packet, for: session)
            return .dropped
        }
        let byteCount = seal(packet.bytes, isChecksumPartial: false, with: session, into: buffer)
        return byteCount > 0 ? .datagram(byteCount: byteCount, to: session.destination) : .dropped
    }

    /// Writes header, ciphertext and tag. Returns the datagram's length, or 0 if the session must seal no more.
    ///
    /// - Parameters:
    ///   - byFirst: whether it leaves by the way of lane 0.
    ///   - datagram: apart from the packet, or `DataHeader.byteCount` before it.
    @inlinable mutating func sealDatagram(
        _ packet: UnsafeRawPointer, packetByteCount: Int, flags: UInt8,
        _ session: UnsafeMutablePointer<LaneSession>, byFirst: Bool, into datagram: UnsafeMutableRawPointer
    ) -> Int {
        let state = byFirst ? session.pointee.sealingByFirst : session.pointee.ownSealing
        guard let sealing = state ?? session.pointee.deriveSealing(byFirst: byFirst) else {
            drops.count(.sessionExhausted)
            return 0
        }
        let before = sealing.pointee.blocks
        guard before < blockLimits.reject else {
            drops.count(.sessionExhausted)
            return 0
        }
        // The control thread ends sessions in time. A lane does not depend on it.
        guard now < session.pointee.expiresAt else {
            drops.count(.sessionExpired)
            return 0
        }
        let counter = sealing.pointee.counter
        let flags = byFirst ? flags | DataHeader.byFirstLane : flags
        DataHeader(flags: flags, lane: number, receiverIndex: session.pointee.remoteIndex.rawValue, counter: counter)
            .write(to: datagram)
        sealing.pointee.key.seal(
            packet, count: packetByteCount,
            header: UnsafeRawBufferPointer(start: datagram, count: DataHeader.byteCount),
            nonce: Nonce(bigEndianCounter: counter), into: datagram + DataHeader.byteCount)
        sealing.pointee.counter = counter &+ 1
        sealing.pointee.blocks = before &+ UInt64((packetByteCount &+ 15) >> 4) &+ 2
        if before < blockLimits.rekey, sealing.pointee.blocks >= blockLimits.rekey {
            reportBlockLimit(session)
        }
        session.pointee.activity.lastSent = now
        return packetByteCount &+ TunnelLimits.sealOverhead
    }
}

extension Lane {
    @usableFromInline mutating func reportBlockLimit(_ session: UnsafeMutablePointer<LaneSession>) {
        events.append(.blockLimitNear(session.pointee.index))
    }

    /// Keeps a copy of the packet until the peer has a session, or answers it if the peer is known not to get one.
    private mutating func hold(_ packet: IPPacket, for peer: PeerID) -> Sealed {
        switch peers[Int(peer.rawValue)].obstacle {
        case .refused:
            drops.count(.peerRefused)
            answer(packet, with: .administrativelyProhibited)
            askAgain(for: peer)
            return .dropped
        case .unreachable:
            drops.count(.peerUnreachable)
            answer(packet, with: .hostUnreachable)
            askAgain(for: peer)
            return .dropped
        case nil:
            if !waiting.append(packet.bytes, for: peer) { drops.count(.waitingQueueFull) }
            askAgain(for: peer)
            return .waiting
        }
    }

    /// One event per peer until the control thread has answered with a command.
    private mutating func askAgain(for peer: PeerID) {
        guard !peers[Int(peer.rawValue)].isAwaited else { return }
        peers[Int(peer.rawValue)].isAwaited = true
        events.append(.sessionWanted(peer))
    }

    /// Answers in the name of the packet's destination: Linux ignores an ICMP error that comes from its own address.
    mutating func answer(_ packet: IPPacket, with error: ICMPError) {
        guard error.mayAnswer(packet), errorAllowance.take(at: now) else { return }
        let reply = error.answer(to: packet)
        if !reply.isEmpty { replies.append(reply) }
    }
}

/// How many ICMP errors a lane may send: RFC 1812 section 4.3.2.8 and RFC 4443 section 2.4(f) ask for a limit.
struct ErrorAllowance {
    static var perSecond: UInt64 { 1000 }
    static var burst: UInt64 { 100 }
    private var tokens: UInt64 = Self.burst
    private var last = MonotonicTime(nanoseconds: 0)

    mutating func take(at now: MonotonicTime) -> Bool {
        let interval = 1_000_000_000 / Self.perSecond
        let elapsed = now.nanoseconds &- last.nanoseconds
        if now > last, elapsed >= interval {
            tokens = min(Self.burst, tokens + min(elapsed / interval, Self.burst))
            last = now
        }
        guard tokens > 0 else { return false }
        tokens -= 1
        return true
    }
}
