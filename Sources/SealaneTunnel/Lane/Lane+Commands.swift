import SealaneAEAD
import SealanePacket

extension Lane {
    /// Applies a decision of the control thread. Off the fast path; may allocate.
    public mutating func apply(_ command: LaneCommand) {
        switch command {
        case .route(let table, let peerCount):
            if peerCount > peerCapacity { growPeers(toHold: peerCount - 1) }
            routes = table
            routesNumber += 1
        case .install(let new):
            install(new)
        case .activate(let index):
            activate(index)
        case .retire(let index):
            retire(index)
        case .block(let peer, let reason):
            block(peer, reason)
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
        case .steer(let index, let ownPaths, let drain):
            steer(index, ownPaths: ownPaths, drain)
        case .setFragmentReaction(let reaction):
            fragmentReaction = reaction
        case .close(let index, let reasons):
            guard number == 0, let session = session(index) else { return }
            send(.close(reasons: reasons), session)
        case .setPeerEndpoint(let endpoint, let isPeer):
            gate.set(endpoint, isPeer: isPeer)
        case .report(let number):
            events.append(.report(report(number)))
        }
    }

    private mutating func install(_ new: NewSession) {
        free(new.index)
        sessions.insert(LaneSession(new, lane: number, of: laneCount, provider: provider))
        if Int(new.peer.rawValue) >= peerCapacity { growPeers(toHold: Int(new.peer.rawValue)) }
    }

    mutating func activate(_ index: SessionIndex) {
        guard let session = session(index) else { return }
        let peer = session.pointee.peer
        if let before = peers[Int(peer.rawValue)].sealing, before.pointee.usesOwnPath != session.pointee.usesOwnPath {
            pause(after: before.pointee.activity.lastDataSent, max(before.pointee.drain, session.pointee.drain))
        }
        peers[Int(peer.rawValue)].sealing = session
        peers[Int(peer.rawValue)].block = nil
        peers[Int(peer.rawValue)].isAwaited = false
        for bytes in waiting.pop(for: peer) {
            for piece in Self.pieces(of: bytes, fitting: session.pointee.packetByteLimit) { release(piece) }
        }
    }

    /// The packet, or its fragments if it is longer than `byteLimit` and may be fragmented.
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

    /// Seals a packet that waited for a session. Another peer may own its destination by now.
    private mutating func release(_ packet: [UInt8]) {
        packet.withUnsafeBytes { bytes in
            guard let packet = IPPacket(bytes) else { return }
            guard let session = sealingSession(for: packet.destination) else {
                withhold(packet)
                return
            }
            guard bytes.count <= session.packetByteLimit else { return refuseTooBig(packet, for: session) }
            var datagram = [UInt8](repeating: 0, count: bytes.count + TunnelLimits.sealOverhead)
            let byteCount = datagram.withUnsafeMutableBytes { datagram in
                datagram.baseAddress.map { seal(bytes, isChecksumPartial: false, with: session, into: $0) } ?? 0
            }
            guard byteCount > 0 else { return }
            released.append(
                WaitingDatagram(
                    bytes: datagram, destination: session.destination, isByFirstLane: session.isByFirstLane))
        }
    }

    private mutating func sendKeepalive(_ index: SessionIndex) {
        // Lane 0 sends it for the lanes whose own path is not proven.
        guard let session = session(index), session.pointee.usesOwnPath else { return }
        sealSeparately([], flags: 0, session)
    }

    private mutating func block(_ peer: PeerID, _ reason: BlockReason?) {
        let slot = Int(peer.rawValue)
        if slot >= peerCapacity { growPeers(toHold: slot) }
        peers[slot].block = reason
        peers[slot].isAwaited = false
        guard let reason else { return }
        for bytes in waiting.pop(for: peer) {
            drops.count(reason.drop)
            bytes.withUnsafeBytes { bytes in
                if let packet = IPPacket(bytes) { respond(to: packet, with: reason.error) }
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

extension BlockReason {
    var error: ICMPError {
        switch self {
        case .refused: .administrativelyProhibited
        case .unreachable: .hostUnreachable
        }
    }

    var drop: DropReason {
        switch self {
        case .refused: .peerRefused
        case .unreachable: .peerUnreachable
        }
    }
}
