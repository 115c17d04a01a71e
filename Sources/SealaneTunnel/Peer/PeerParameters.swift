import SealanePacket

/// A peer as the operator configures it.
public struct PeerParameters: Sendable {
    public let id: PeerID
    public let publicKey: PublicKey
    public let presharedKey: PresharedKey?
    /// The address and port of the peer's lane 0.
    public let endpoint: Endpoint

    public init(id: PeerID, publicKey: PublicKey, presharedKey: PresharedKey?, endpoint: Endpoint) {
        self.id = id
        self.publicKey = publicKey
        self.presharedKey = presharedKey
        self.endpoint = endpoint
    }
}
