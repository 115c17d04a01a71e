import SealaneAEAD
import SealanePacket

extension Lane {
    /// Does what the control thread decided. Off the fast path; may allocate.
    public mutating func apply(_ command: LaneCommand) {
        switch command {
        case .route(let table, let peerCount):
            if peerCount > peerCapacity { growPeers(toHold: peerCount - 1) }
            routes = table
            routesNumber += 1
        case .open(let grant):
            open(grant)
        case .seal(let index):
            seal(with: index)
        case .retire(let index):
            retire(index)
        case .obstruct(let peer, let obstacle):
            obstruct(peer, obstacle)
        case .sendKeepalive(let index):
            sendKeepalive(index)
        case .send(let datagram, let destination):
            released.append(WaitingDatagram(bytes: datagram, destination: destination))
        case .allow(let index, let packetByteLimit):
            allow(index, packetByteLimit)
        case .requireHopLimit(let hopLimit):
            leastHopLimit = hopLimit
        case .probe(let index, let lane, let probe, let byteCount):
            if lane == number { sendProbe(probe, byteCount, index) }
        case .steer(let index, let ownWays, let drain):
            steer(index, ownWays: ownWays, drain)
        case .heedFragments(let reaction):
            fragmentReaction = reaction
        case .bidFarewell(let index, let reasons):
            guard number == 0, let session = session(index) else { return }
            say(.farewell(reasons: reasons), session)
        case .know(let endpoint, let isPeer):
            gate.know(endpoint, isPeer: isPeer)
        case .report(let number):
            events.append(.report(report(number)))
        }
    }

    private mutating func open(_ grant: SessionGrant) {
        free(grant.index)
        sessions.insert(LaneSession(grant, lane: number, of: laneCount, provider: provider))
        if Int(grant.peer.rawValue) >= peerCapacity { growPeers(toHold: Int(grant.peer.rawValue)) }
    }

    mutating func seal(with index: SessionIndex) {
        guard let session = session(index) else { return }
        let peer = session.pointee.peer
        if let before = peers[Int(peer.rawValue)].sealing, before.pointee.usesOwnWay != session.pointee.usesOwnWay {
            pause(after: before.pointee.activity.lastDataSent, max(before.pointee.drain, session.pointee.drain))
        }
        peers[Int(peer.rawValue)].sealing = session
        peers[Int(peer.rawValue)].obstacle = nil
        peers[Int(peer.rawValue)].isAwaited = false
        for bytes in waiting.take(for: peer) {
            for piece in Self.pieces(of: bytes, fitting: session.pointee.packetByteLimit) { release(piece) }
        }
    }

    /// The packet, or its fragments where it is longer than `byteLimit` and may be fragmented.
    private static func pieces(of packet: [UInt8], fitting byteLimit: Int) -> [[UInt8]] {
        guard packet.count > byteLimit else { return [packet] }
        return packet.withUnsafeBytes { bytes in
            guard let whole = IPPacket(bytes), var fragments = Fragmenter(whole, byteLimit: byteLimit) else {
                return [packet]
            }
            var pieces: [[UInt8]] = []
            while true {
                var piece = [UInt8](repeating: 0, count: byteLimit)
                let length = piece.withUnsafeMutableBytes { fragments.next(into: $0) }
                guard length > 0 else { return pieces }
                pieces.append(Array(piece.prefix(length)))
            }
        }
    }

    private mutating func release(_ packet: [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: packet.count + TunnelLimits.sealOverhead)
        buffer.replaceSubrange(DataHeader.byteCount..<DataHeader.byteCount + packet.count, with: packet)
        let sealed = buffer.withUnsafeMutableBytes { buffer -> Sealed in
            guard let start = buffer.baseAddress else { return .dropped }
            return seal(start, packetByteCount: packet.count)
        }
        guard case .datagram(_, let destination) = sealed else { return }
        let flags = buffer.withUnsafeBytes { $0.load(fromByteOffset: 1, as: UInt8.self) }
        released.append(
            WaitingDatagram(
                bytes: buffer, destination: destination, isByFirstLane: flags & DataHeader.byFirstLane != 0))
    }

    private mutating func sendKeepalive(_ index: SessionIndex) {
        // Lane 0 says it for the lanes whose own way is not proven.
        guard let session = session(index), session.pointee.usesOwnWay else { return }
        sealSeparately([], flags: 0, session)
    }

    private mutating func obstruct(_ peer: PeerID, _ obstacle: Obstacle?) {
        let slot = Int(peer.rawValue)
        if slot >= peerCapacity { growPeers(toHold: slot) }
        peers[slot].obstacle = obstacle
        peers[slot].isAwaited = false
        guard let obstacle else { return }
        let error: ICMPError
        let reason: DropReason
        switch obstacle {
        case .refused: (error, reason) = (.administrativelyProhibited, .peerRefused)
        case .unreachable: (error, reason) = (.hostUnreachable, .peerUnreachable)
        }
        for bytes in waiting.take(for: peer) {
            drops.count(reason)
            bytes.withUnsafeBytes { bytes in
                if let packet = IPPacket(bytes) { answer(packet, with: error) }
            }
        }
    }

    private mutating func retire(_ index: SessionIndex) {
        guard let session = session(index) else { return }
        events.append(.ended(session.pointee.activity))
        free(index)
    }

    private mutating func free(_ index: SessionIndex) {
        guard let session = session(index) else { return }
        let peer = Int(session.pointee.peer.rawValue)
        if peer < peerCapacity, peers[peer].sealing == session { peers[peer].sealing = nil }
        sessions.remove(index)
    }

    private func report(_ number: UInt64) -> LaneReport {
        var activities: [SessionActivity] = []
        sessions.forEach { session in activities.append(session.pointee.activity) }
        return LaneReport(number: number, lane: self.number, drops: drops, sessions: activities)
    }

    private mutating func growPeers(toHold slot: Int) {
        var capacity = peerCapacity
        while capacity <= slot { capacity *= 2 }
        let grown = UnsafeMutablePointer<LanePeer>.allocate(capacity: capacity)
        grown.initialize(repeating: LanePeer(), count: capacity)
        grown.update(from: peers, count: peerCapacity)
        peers.deallocate()
        (peers, peerCapacity) = (grown, capacity)
    }
}
