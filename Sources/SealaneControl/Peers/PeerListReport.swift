/// All peers, sorted by name: `GET /v1/peers`, `sealane peer list --json`.
package struct PeerListReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var peers: [PeerReport]

    package init(peers: some Sequence<PeerReport>) {
        self.peers = peers.sorted { $0.name < $1.name }
    }
}
