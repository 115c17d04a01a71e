import SealaneAEAD
import SealanePacket

/// The session that seals packets for one destination. Valid until the lane applies its next command.
@frozen public struct SealingSession {
    @usableFromInline let session: UnsafeMutablePointer<LaneSession>

    @inlinable init(_ session: UnsafeMutablePointer<LaneSession>) {
        self.session = session
    }

    /// The peer's endpoint for its datagrams.
    @inlinable public var destination: Endpoint { session.pointee.destination }
    /// Whether they leave from lane 0's socket instead of the lane's own.
    @inlinable public var isByFirstLane: Bool { !session.pointee.usesOwnPath }
    /// The greatest packet, in bytes, that fits one datagram.
    @inlinable public var packetByteLimit: Int { session.pointee.packetByteLimit }

    @inlinable public func isSame(as other: SealingSession) -> Bool { session == other.session }
}

extension Lane {
    /// The session that seals packets for this destination. Nil: there is none, see `withhold`.
    @inlinable public func sealingSession(for destination: IPAddress) -> SealingSession? {
        let peer = routes.lookup(destination)
        guard peer >= 0, peer < peerCapacity, let session = peers[peer].sealing else { return nil }
        return SealingSession(session)
    }

    /// Seals a packet that `session` was found for and whose length is within its limit.
    ///
    /// - Parameters:
    ///   - packet: read only.
    ///   - datagram: `packet.count + TunnelLimits.sealOverhead` bytes of the caller's memory, either apart from the packet or
    ///     beginning `DataHeader.byteCount` before it.
    /// - Returns: the datagram's length, or 0 if the session must seal no more. Counts that drop.
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

    /// Keeps a copy of a packet that no session seals until there is one, or drops and answers the packet.
    ///
    /// - Parameter packet: its checksums are complete.
    /// - Returns: whether it waits.
    @discardableResult
    public mutating func withhold(_ packet: IPPacket) -> Bool {
        let peer = routes.lookup(packet.destination)
        guard peer >= 0, peer < peerCapacity else {
            drops.count(.noPeerForDestination)
            respond(to: packet, with: .noRoute)
            return false
        }
        return hold(packet, for: PeerID(UInt32(peer)))
    }

    /// Drops a packet that exceeds the session's limit, and answers it with the limit.
    public mutating func refuseTooBig(_ packet: IPPacket, for session: SealingSession) {
        drops.count(.packetTooBig)
        session.session.pointee.activity.packetsTooBig &+= 1
        respond(to: packet, with: .packetTooBig(mtu: UInt32(session.packetByteLimit)))
    }

    /// Writes header, ciphertext and tag. Returns the datagram's length, or 0 if the session must seal no more.
    ///
    /// - Parameters:
    ///   - byFirst: whether it leaves by the path of lane 0.
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

    /// Keeps a copy of the packet until the peer has a session, or answers it if the peer gets none.
    private mutating func hold(_ packet: IPPacket, for peer: PeerID) -> Bool {
        if let reason = peers[Int(peer.rawValue)].block {
            drops.count(reason.drop)
            respond(to: packet, with: reason.error)
            askAgain(for: peer)
            return false
        }
        if !waiting.append(packet.bytes, for: peer) { drops.count(.waitingQueueFull) }
        askAgain(for: peer)
        return true
    }

    /// One event per peer until the control thread has answered with a command.
    private mutating func askAgain(for peer: PeerID) {
        guard !peers[Int(peer.rawValue)].isAwaited else { return }
        peers[Int(peer.rawValue)].isAwaited = true
        events.append(.sessionWanted(peer))
    }

    /// Answers in the name of the packet's destination: Linux ignores an ICMP error from its own address.
    mutating func respond(to packet: IPPacket, with error: ICMPError) {
        guard error.mayAnswer(packet), errorAllowance.spend(at: now) else { return }
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

    mutating func spend(at now: MonotonicTime) -> Bool {
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
