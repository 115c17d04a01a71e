import SealaneConfiguration
import SealaneControl
import SealaneLinux

extension ReloadReport {
    init(_ change: ConfigurationChange, _ files: ControlLoop.FileChange) {
        let changed = change.changedPeers.map(\.new.name)
        self.init(
            added: change.addedPeers.map(\.name), removed: change.removedPeers.map(\.name),
            changed: changed + files.ofPresharedKeys.filter { !changed.contains($0) },
            policyChanged: change.isPolicyChanged,
            identityChanged: files.ofIdentities, topologyChanged: files.ofTopology,
            repairs: files.repairs.isEmpty
                ? nil : Dictionary(grouping: files.repairs, by: \.kind.rawValue).mapValues(\.count))
        presharedKeysChanged = files.ofPresharedKeys.isEmpty ? nil : files.ofPresharedKeys
    }
}
