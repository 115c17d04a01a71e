import SealaneLinux
import SealanePacket
import SealaneTunnel

/// From the TUN to the network.
extension LaneLoop {
    /// Reads and bytes of one turn, apart from its last read: the socket's datagrams must not wait longer.
    private static var readsPerTurn: Int { 256 }
    private static var bytesPerTurn: Int { 1 << 20 }

    /// Moves the packets that the TUN has to the network.
    mutating func sendTurn() -> SystemError? {
        sendReleased()
        var (reads, bytes) = (0, 0)
        while reads < Self.readsPerTurn, bytes < Self.bytesPerTurn {
            let byteCount = tun.read(into: readBuffer)
            guard byteCount > 0 else {
                guard SystemError.isFinal(byteCount) else { break }
                return SystemError(
                    call: "read", errno: Int32(-byteCount), subject: tun.interfaceName,
                    advice: "the device was removed while it was in use")
            }
            if let start = readBuffer.baseAddress { seal(start, byteCount) }
            reads &+= 1
            bytes &+= byteCount
        }
        flush()
        return nil
    }

    /// Seals one packet or super-packet.
    ///
    /// - Parameter start: the virtio header if the queue has one, then the packet; `byteCount` bytes in all.
    private mutating func seal(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
        let header = tun.headerByteCount == 0 ? VirtioNetHeader() : VirtioNetHeader(readFrom: start)
        let packet = start + tun.headerByteCount
        let byteCount = byteCount &- tun.headerByteCount
        guard byteCount > 0, let view = IPPacket(UnsafeRawBufferPointer(start: packet, count: byteCount)),
            !view.hasMappedAddress
        else {
            lane.count(.malformedLocalPacket)
            return
        }
        let session = lane.sealingSession(for: view.destination)
        guard
            segmenter.begin(
                packet, count: byteCount, header: header, checksums: session == nil ? .complete : .leavePartial) == nil
        else {
            lane.count(.malformedLocalPacket)
            return
        }
        guard let session else { return withholdSegments() }
        if header.segmentation != VirtioNetHeader.single { counters.superPacketsRead &+= 1 }
        guard segmenter.longestSegment <= session.packetByteLimit else {
            return sealFragments(view, packet, byteCount, header, session)
        }
        let trafficClass = ExplicitCongestion.outer(for: view)
        while let segment = segmenter.next() { seal(segment, with: session, trafficClass) }
    }

    /// The packet, or each of its segments, is longer than the path carries. Fragments it if that is allowed, and otherwise answers
    /// it with the size that fits.
    private mutating func sealFragments(
        _ view: IPPacket, _ packet: UnsafeMutableRawPointer, _ byteCount: Int, _ header: VirtioNetHeader,
        _ session: SealingSession
    ) {
        guard !view.mayNotBeFragmented else { return lane.refuseTooBig(view, for: session) }
        // The host that reassembles the fragments does not know of partial checksums.
        guard segmenter.beginAgainWithWholeChecksums(packet, count: byteCount, header: header) == nil else { return }
        let trafficClass = ExplicitCongestion.outer(for: view)
        while let segment = segmenter.next() {
            guard let whole = IPPacket(segment),
                var fragments = Fragmenter(whole, byteLimit: session.packetByteLimit)
            else { return lane.refuseTooBig(view, for: session) }
            while true {
                let length = fragments.next(into: fragmentBuffer)
                guard length > 0 else { break }
                seal(
                    UnsafeRawBufferPointer(start: fragmentBuffer.baseAddress, count: length), with: session,
                    trafficClass)
            }
        }
    }

    private mutating func seal(
        _ segment: UnsafeRawBufferPointer, with session: SealingSession, _ trafficClass: UInt8
    ) {
        let byteCount =
            session.isByFirstLane
            ? Self.seal(segment, &lane, segmenter.isChecksumPartial, session, trafficClass, into: &outgoingByFirst)
            : Self.seal(segment, &lane, segmenter.isChecksumPartial, session, trafficClass, into: &outgoing)
        if let byteCount {
            if byteCount > 0 { counters.datagramsSent &+= 1 }
            return
        }
        // A flush makes room.
        flush()
        seal(segment, with: session, trafficClass)
    }

    /// Seals the packet into the room of the runs. Nil: they have none before a flush. 0: it was dropped.
    @inline(__always)
    private static func seal(
        _ segment: UnsafeRawBufferPointer, _ lane: inout Lane, _ isChecksumPartial: Bool, _ session: SealingSession,
        _ trafficClass: UInt8, into runs: inout OutgoingRuns
    ) -> Int? {
        let room = segment.count &+ TunnelLimits.sealOverhead
        guard let memory = runs.room(for: room, with: session, trafficClass: trafficClass) else { return nil }
        let byteCount = lane.seal(segment, isChecksumPartial: isChecksumPartial, with: session, into: memory)
        if byteCount > 0 { runs.commit(byteCount) }
        return byteCount
    }

    /// There is no session for the packet. If it cannot wait for one, one answer is enough for all its segments.
    private mutating func withholdSegments() {
        while let segment = segmenter.next() {
            guard let packet = IPPacket(segment) else { continue }
            if !lane.withhold(packet) { return }
        }
    }

    /// Sends all datagrams that were sealed.
    mutating func flush() {
        record(outgoing.flush(to: socket, at: lane.now))
        record(outgoingByFirst.flush(to: firstSocket, at: lane.now))
    }

    private mutating func record(_ result: OutgoingRuns.FlushResult) {
        counters.messagesSent &+= UInt64(result.messages)
        for _ in 0..<result.datagramsLost { lane.count(.sendFailed) }
        if result.isRegained { meter.forget(.gso) }
        guard result.runRefusal != 0 else { return }
        let error = SystemError(
            call: "sendmmsg UDP_SEGMENT", errno: result.runRefusal, subject: "\(socket.localAddress)",
            advice: "a path takes no runs of datagrams; they are tried again")
        meter.record(OffloadLoss(offload: .gso, error: error))
    }
}
