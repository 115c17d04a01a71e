import SealanePacket

/// A peer as the operator configures it.
public struct PeerParameters: Sendable {
    package let id: PeerID
    package let publicKey: PublicKey
    package let presharedKey: PresharedKey?
    /// The address and port of the peer's lane 0.
    public let endpoint: Endpoint

    package init(id: PeerID, publicKey: PublicKey, presharedKey: PresharedKey?, endpoint: Endpoint) {
        self.id = id
        self.publicKey = publicKey
        self.presharedKey = presharedKey
        self.endpoint = endpoint
    }
}
