import SealaneFleet

/// The differences between the configuration in force and a new one.
package struct ConfigurationChange: Sendable, Equatable {
    /// A peer of the same name before and after.
    package struct PeerChange: Sendable, Equatable {
        package let old: PeerDefinition
        package let new: PeerDefinition
    }

    package let addedPeers: [PeerDefinition]
    package let removedPeers: [PeerDefinition]
    package let changedPeers: [PeerChange]
    package let isPolicyChanged: Bool
    /// Whether the section names other files. Their contents are not compared.
    package let isIdentityChanged: Bool
    /// The changed keys that only a restart applies, in the order of the schema. Unless this is empty, the agent must
    /// not apply any of the new configuration.
    package let restartKeys: [String]

    package init(from old: Configuration, to new: Configuration) {
        let before = Dictionary(old.peers.map { ($0.name, $0) }) { first, _ in first }
        let after = Set(new.peers.map(\.name))
        addedPeers = new.peers.filter { before[$0.name] == nil }
        removedPeers = old.peers.filter { !after.contains($0.name) }
        changedPeers = new.peers.compactMap { peer in
            before[peer.name].flatMap { $0 == peer ? nil : PeerChange(old: $0, new: peer) }
        }
        isPolicyChanged = old.policy != new.policy
        isIdentityChanged = old.identity != new.identity
        restartKeys = ConfigurationKey.all.compactMap { key in
            key.restartValue.flatMap { $0(old) == $0(new) ? nil : key.path }
        }
    }

    package var isEmpty: Bool {
        addedPeers.isEmpty && removedPeers.isEmpty && changedPeers.isEmpty && !isPolicyChanged && !isIdentityChanged
            && restartKeys.isEmpty
    }
}
