/// Which source names a peer.
package enum PeerOrigin: Sendable, Hashable {
    case configuration
    /// `sealane peer add`.
    case added
}
