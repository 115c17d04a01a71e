/// The peers that the configuration file names. Whoever decodes the file has checked them against each other and
/// against this host, and has read their pre-shared keys.
package struct ConfiguredPeers: PeerSource {
    package let origin = PeerOrigin.configuration
    package let peers: [SourcePeer]

    package init(_ peers: [SourcePeer]) {
        self.peers = peers
    }
}
