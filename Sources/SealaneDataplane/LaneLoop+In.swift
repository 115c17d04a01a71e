import SealaneLinux
import SealanePacket
import SealaneTunnel

/// From the network to the TUN.
extension LaneLoop {
    /// Moves the datagrams of one receive to the TUN.
    mutating func receiveTurn() -> SystemError? {
        let count = received.fill(from: socket)
        if count < 0 {
            // Any other error concerns one datagram, such as an ICMP answer to it.
            guard SystemError.isFinal(count) else { return nil }
            return SystemError(call: "recvmmsg", errno: Int32(-count), subject: "\(socket.localAddress)")
        }
        for at in 0..<count {
            guard !received.isTruncated(at: at) else {
                lane.count(.datagramOversized)
                continue
            }
            let message = received.datagram(at: at)
            guard let start = message.baseAddress else { continue }
            let origin = received.origin(at: at)
            open(
                start, message.count, segmentByteCount: origin.segmentByteCount, trafficClass: origin.trafficClass,
                arrival(at: at, origin))
        }
        counters.messagesReceived &+= UInt64(count)
        writeRuns()
        return nil
    }

    /// The headers of a message's datagrams. If the kernel does not report their destination, the arrival has an address that no
    /// session has.
    private func arrival(at index: Int, _ origin: DatagramOrigin) -> Arrival {
        Arrival(
            source: Endpoint(received.source(at: index)),
            destination: Endpoint(
                address: IPAddress(high: origin.destinationHigh, low: origin.destinationLow),
                port: socket.localAddress.port),
            hopLimit: origin.hopLimit, fragmentByteCount: UInt16(clamping: origin.fragmentByteCount))
    }

    /// Opens the datagrams of a run, or a single one.
    private mutating func open(
        _ start: UnsafeMutableRawPointer, _ byteCount: Int, segmentByteCount: Int, trafficClass: UInt8,
        _ arrival: Arrival
    ) {
        var at = 0
        repeat {
            let end = min(at &+ segmentByteCount, byteCount)
            open(start + at, end &- at, trafficClass, arrival)
            counters.datagramsReceived &+= 1
            at = end
        } while at < byteCount
    }

    private mutating func open(
        _ start: UnsafeMutableRawPointer, _ byteCount: Int, _ trafficClass: UInt8, _ arrival: Arrival
    ) {
        var opened = lane.open(start, byteCount: byteCount, arrival)
        // The session may be in the mailbox: the control thread posts it before it answers the peer.
        if case .unknownSession = opened, applyCommands() {
            opened = lane.open(start, byteCount: byteCount, arrival)
        }
        switch opened {
        case .packet(let byteCount, let isChecksumPartial):
            let packet = start + DataHeader.byteCount
            guard ExplicitCongestion.combine(packet, outer: trafficClass) else {
                lane.count(.congestionExperienced)
                return
            }
            deliver(packet, byteCount, isChecksumPartial: isChecksumPartial)
        case .handshake:
            passOn(UnsafeRawBufferPointer(start: start, count: byteCount), arrival)
        case .unknownSession:
            lane.dropUnknownSession(from: arrival.source)
        case .nothing:
            break
        }
    }

    /// Posts a handshake to the control thread. Strangers leave time, and room in its queue, for peers.
    private mutating func passOn(_ handshake: UnsafeRawBufferPointer, _ arrival: Arrival) {
        let isPeer = lane.isEndpointOfPeer(arrival.source)
        guard isPeer || lane.admitsHandshake(ofStranger: arrival.source.address) else { return }
        let room = isPeer ? Dataplane.eventReserve : Dataplane.eventReserve + Dataplane.peerReserve
        if !events.post(.handshake(Array(handshake), arrival), leaving: room) { lane.count(.handshakeLimited) }
    }

    /// Queues a packet for the TUN. Its memory must stay unchanged until `writeRuns`.
    mutating func deliver(_ packet: UnsafeMutableRawPointer, _ byteCount: Int, isChecksumPartial: Bool) {
        while true {
            switch coalescer.add(packet, count: byteCount, isChecksumPartial: isChecksumPartial) {
            case .accepted:
                return
            case .full:
                writeClosedRuns()
            case .refused:
                lane.count(.malformedPacket)
                return
            }
        }
    }

    /// Writes all queued packets.
    mutating func writeRuns() {
        if !refusedKinds.isEmpty { retryCoalescing() }
        coalescer.flush()
        writeClosedRuns()
    }

    private mutating func writeClosedRuns() {
        while let run = coalescer.nextRun() { write(run) }
    }

    private mutating func write(_ run: CoalescedRun) {
        guard let pieces = run.pieces.baseAddress else { return }
        counters.packetsWritten &+= UInt64(run.packetCount)
        guard tun.headerByteCount > 0 else { return writePlain(run) }
        let result = tun.write(pieces: pieces, count: run.pieces.count)
        counters.writes &+= 1
        guard result < 0 else {
            if !refusedKinds.isEmpty, run.packetCount > 1 { recordCoalescingWorks(run.kind) }
            return
        }
        if run.packetCount > 1, SystemError.meansNotSupported(result) {
            giveUpCoalescing(run, Int32(-result))
        } else {
            for _ in 0..<run.packetCount { lane.count(.interfaceFull) }
        }
    }

    /// To a TUN without virtio headers: its packets stand alone, and their checksums are complete.
    private mutating func writePlain(_ run: CoalescedRun) {
        let packet = run.packet(at: 0)
        guard let start = packet.baseAddress else { return }
        var finisher = Segmenter()
        let isRefused =
            finisher.begin(start, count: packet.count, header: run.header, checksums: .complete) != nil
        if isRefused || tun.write(UnsafeRawBufferPointer(packet)) < 0 { lane.count(.interfaceFull) }
        counters.writes &+= 1
    }

    /// The device refused a super-packet. If it accepts the packets alone, packets of this kind go alone for a while.
    private mutating func giveUpCoalescing(_ run: CoalescedRun, _ errno: Int32) {
        let kind = run.kind
        guard writeAlone(run) > 0, coalescer.kinds.contains(kind) else { return }
        coalescer.kinds.remove(kind)
        refusedKinds.record(refusalOf: kind.rawValue, at: lane.now)
        let error = SystemError(
            call: "writev", errno: errno, subject: tun.interfaceName,
            advice: "the kernel refused a super-packet; they are tried again")
        meter.record(OffloadLoss(offload: Self.offload(of: kind), error: error))
    }

    private static func offload(of kind: Coalescer.Kinds) -> Offload {
        kind == .tcpIPv4 ? .tso4 : kind == .tcpIPv6 ? .tso6 : .uso
    }

    /// Tries kinds of super-packets again after their pause.
    private mutating func retryCoalescing() {
        refusedKinds.advance(to: lane.now)
        for kind in [Coalescer.Kinds.tcpIPv4, .tcpIPv6, .udpIPv4, .udpIPv6]
        where refusedKinds.isTried(kind.rawValue) { coalescer.kinds.insert(kind) }
    }

    private mutating func recordCoalescingWorks(_ kind: Coalescer.Kinds) {
        guard refusedKinds.isTried(kind.rawValue) else { return }
        refusedKinds.record(successOf: kind.rawValue)
        let offload = Self.offload(of: kind)
        let others = [Coalescer.Kinds.udpIPv4, .udpIPv6].filter { refusedKinds.holds($0.rawValue) }
        if offload != .uso || others.isEmpty { meter.forget(offload) }
    }

    /// Returns how many of the packets the device accepted.
    @discardableResult
    private mutating func writeAlone(_ run: CoalescedRun) -> Int {
        run.restore()
        var takenCount = 0
        var header = [UInt8](repeating: 0, count: VirtioNetHeader.byteCount)
        header.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            run.headerForOne.write(to: start)
            for index in 0..<run.packetCount {
                let packet = run.packet(at: index)
                guard let first = packet.baseAddress else { continue }
                let pieces = [
                    RunPiece(base: start, count: bytes.count), RunPiece(base: first, count: packet.count),
                ]
                if tun.write(pieces: pieces, count: pieces.count) < 0 {
                    lane.count(.interfaceFull)
                } else {
                    takenCount += 1
                }
            }
        }
        return takenCount
    }
}
