/// Packets that wait for a session, bounded by peer and by lane (`TunnelLimits`), in order of arrival.
struct WaitingPackets {
    private var byPeer: [PeerID: [[UInt8]]] = [:]
    private var byteCount = 0

    /// Copies the packet. Over the peer's limit the oldest gives way, since the newest is the likeliest still wanted;
    /// over the lane's limit the new one does. Returns false if a packet was lost.
    mutating func append(_ packet: UnsafeRawBufferPointer, for peer: PeerID) -> Bool {
        guard byteCount + packet.count <= TunnelLimits.pendingByteCountPerLane else { return false }
        byteCount += packet.count
        byPeer[peer, default: []].append(Array(packet))
        guard let count = byPeer[peer]?.count, count > TunnelLimits.pendingPacketsPerPeer else { return true }
        if let oldest = byPeer[peer]?.removeFirst() { byteCount -= oldest.count }
        return false
    }

    mutating func pop(for peer: PeerID) -> [[UInt8]] {
        let packets = byPeer.removeValue(forKey: peer) ?? []
        for packet in packets { byteCount -= packet.count }
        return packets
    }
}
