import SealaneAEAD
import SealanePacket

/// The content of a datagram.
@frozen public enum Opened {
    /// The packet is in the datagram's own memory, `DataHeader.byteCount` after its start.
    case packet(byteCount: Int, isChecksumPartial: Bool)
    /// A message for the control thread.
    case handshake
    /// A keepalive, a control message, or a drop that was counted.
    case nothing
    /// Data for a session that this lane does not know. Not counted yet: a command may be about to install the session, so the
    /// driver applies waiting commands, tries once more, and then calls `dropUnknownSession`.
    case unknownSession
}

extension Lane {
    /// Opens one datagram in place.
    ///
    /// Order of the checks: the cheap ones first, then the tag, then the replay window's record, then the inner source. A forged
    /// datagram changes nothing but a counter.
    ///
    /// - Parameters:
    ///   - datagram: caller-owned; overwritten.
    ///   - arrival: the datagram's headers as the kernel reports them.
    @inlinable public mutating func open(
        _ datagram: UnsafeMutableRawPointer, byteCount: Int, _ arrival: Arrival
    ) -> Opened {
        guard byteCount >= DataHeader.byteCount else { return dropUnlessHandshake(datagram, byteCount) }
        guard datagram.load(as: UInt8.self) == DataHeader.messageType else {
            return dropUnlessHandshake(datagram, byteCount)
        }
        guard let header = DataHeader(readingFrom: datagram) else {
            drops.count(.unsupportedVersion)
            return .nothing
        }
        guard byteCount >= TunnelLimits.sealOverhead else {
            drops.count(.datagramTruncated)
            return .nothing
        }
        guard let session = session(SessionIndex(header.receiverIndex)) else { return .unknownSession }
        guard now < session.pointee.expiresAt else {
            drops.count(.sessionExpired)
            return .nothing
        }
        let isByFirst = header.flags & DataHeader.byFirstLane != 0
        guard session.pointee.receives(fromLane: header.lane, byFirst: isByFirst) else {
            drops.count(.unexpectedLane)
            return .nothing
        }
        guard arrival.source.address == session.pointee.remoteAddress,
            arrival.source.port == session.pointee.remotePort &+ (isByFirst ? 0 : UInt16(header.lane)),
            arrival.destination.address == session.pointee.localAddress, arrival.hopLimit >= leastHopLimit
        else {
            dropMismatch(datagram, byteCount, header, session, arrival)
            return .nothing
        }
        if arrival.fragmentByteCount != 0, fragmentReaction == .drop {
            dropMismatch(datagram, byteCount, header, session, arrival)
            return .nothing
        }
        guard
            let opening = session.pointee.opening[session.pointee.slot(ofLane: header.lane, byFirst: isByFirst)]
                ?? session.pointee.deriveOpening(fromLane: header.lane, byFirst: isByFirst)
        else {
            drops.count(.sessionExhausted)
            return .nothing
        }
        guard opening.pointee.window.isFresh(header.counter) else {
            drops.count(.replayed)
            return .nothing
        }
        let sealed = datagram + DataHeader.byteCount
        guard
            opening.pointee.key.open(
                sealed, count: byteCount - DataHeader.byteCount,
                header: UnsafeRawBufferPointer(start: datagram, count: DataHeader.byteCount),
                nonce: Nonce(bigEndianCounter: header.counter), into: sealed)
        else {
            drops.count(.notAuthentic)
            return .nothing
        }
        opening.pointee.window.record(header.counter)
        if arrival.fragmentByteCount != 0 {
            reportFragment(header, session, arrival)
        } else if byteCount > opening.pointee.greatest {
            opening.pointee.greatest = byteCount
        }
        let packetByteCount = byteCount - TunnelLimits.sealOverhead
        if header.flags & DataHeader.control != 0, packetByteCount > 0 {
            respond(to: UnsafeRawBufferPointer(start: sealed, count: packetByteCount), header, session, arrival)
            return .nothing
        }
        if !session.pointee.isConfirmed { confirm(session) }
        session.pointee.activity.lastReceived = now
        if packetByteCount == 0 { return .nothing }
        return accept(sealed, packetByteCount, header.flags & DataHeader.partialChecksum != 0, session)
    }

    /// Accepts a packet of the peer, if it is one that the peer may send.
    @inlinable mutating func accept(
        _ start: UnsafeMutableRawPointer, _ byteCount: Int, _ isChecksumPartial: Bool,
        _ session: UnsafeMutablePointer<LaneSession>
    ) -> Opened {
        session.pointee.activity.lastDataReceived = now
        guard !session.pointee.dropsPackets else {
            drops.count(.pathUnproven)
            return .nothing
        }
        guard let packet = IPPacket(UnsafeRawBufferPointer(start: start, count: byteCount)), !packet.hasMappedAddress
        else {
            drops.count(.malformedPacket)
            session.pointee.activity.malformedPackets &+= 1
            return .nothing
        }
        // The table would look up an IPv4-mapped address of an IPv6 packet among the IPv4 prefixes.
        guard packet.source.isIPv4 == packet.isIPv4, owns(packet.source, session) else {
            drops.count(.addressNotOwned)
            session.pointee.activity.addressesNotOwned &+= 1
            return .nothing
        }
        if packet.mayCarryICMP, !mayReport(packet, session) {
            drops.count(.icmpErrorNotOwned)
            session.pointee.activity.icmpErrorsNotOwned &+= 1
            return .nothing
        }
        session.pointee.activity.received.add(packetOf: byteCount)
        return .packet(byteCount: byteCount, isChecksumPartial: isChecksumPartial)
    }

    /// Whether the session's peer may send from this address. Remembers the last such address.
    @inlinable func owns(_ source: IPAddress, _ session: UnsafeMutablePointer<LaneSession>) -> Bool {
        if session.pointee.knownSource == source, session.pointee.knownSourceRoutes == routesNumber { return true }
        guard routes.lookup(source) == Int(session.pointee.peer.rawValue) else { return false }
        session.pointee.knownSource = source
        session.pointee.knownSourceRoutes = routesNumber
        return true
    }
}

extension Lane {
    /// False for an ICMP error about a packet that this host, or one behind it, cannot have sent to the session's peer. Such an
    /// error would end connections to other peers, or lower the MTU of the path to them.
    ///
    /// The error goes to the source of the packet that it quotes; that packet went to one of the peer's addresses. The source
    /// need not be an address of this host: it may forward for a subnet, or for another peer.
    @usableFromInline func mayReport(_ packet: IPPacket, _ session: UnsafeMutablePointer<LaneSession>) -> Bool {
        switch packet.icmpQuote {
        case .none: true
        case .unclear: false
        case .packet(let source, let destination):
            source == packet.destination && routes.lookup(destination) == Int(session.pointee.peer.rawValue)
        }
    }

    /// Counts a data datagram of an unknown session, and reports its source.
    public mutating func dropUnknownSession(from source: Endpoint) {
        drops.count(.unknownSession)
        // One event a turn is enough: only an attacker causes many.
        if case .unknownSession = events.last { return }
        events.append(.unknownSession(from: source))
    }

    @usableFromInline mutating func confirm(_ session: UnsafeMutablePointer<LaneSession>) {
        session.pointee.isConfirmed = true
        // The lane does not wait for the control thread: a peer that has restarted cannot open datagrams of older sessions.
        let sealing = peers[Int(session.pointee.peer.rawValue)].sealing
        if !session.pointee.isValidating, sealing.map({ $0.pointee.createdAt <= session.pointee.createdAt }) ?? true {
            activate(session.pointee.index)
        }
        events.append(.confirmed(session.pointee.index))
    }

    @usableFromInline mutating func dropUnlessHandshake(
        _ datagram: UnsafeMutableRawPointer, _ byteCount: Int
    ) -> Opened {
        guard byteCount > 0 else {
            drops.count(.datagramTruncated)
            return .nothing
        }
        switch datagram.load(as: UInt8.self) {
        case HandshakeMessage.initiationType, HandshakeMessage.responseType, HandshakeMessage.cookieReplyType:
            guard byteCount <= HandshakeMessage.byteLimit else {
                drops.count(.datagramOversized)
                return .nothing
            }
            return .handshake
        case DataHeader.messageType:
            drops.count(.datagramTruncated)
            return .nothing
        default:
            drops.count(.unknownMessageType)
            return .nothing
        }
    }
}
