/// What a reload changed: `POST /v1/reload`, `sealane reload --json`.
public struct ReloadReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    /// Names of peers.
    public var added: [String]
    public var removed: [String]
    public var changed: [String]
    public var policyChanged: Bool
    /// Whether another certificate of this host's, other authorities or revocations came with it.
    public var identityChanged: Bool
    /// Whether the topology is another, or may be of another age.
    public var topologyChanged: Bool
    /// How much of the tunnel device was not as it should be and was put back, by what it was: `routes`, `addresses`, ...
    public var repairs: [String: Int]?
    /// Names of peers whose pre-shared key is another; absent: of none. They are among `changed`.
    public var presharedKeysChanged: [String]?
    /// What was not taken over, and what to do; absent: nothing.
    public var warnings: [String]?

    public init(
        added: [String], removed: [String], changed: [String], policyChanged: Bool, identityChanged: Bool = false,
        topologyChanged: Bool = false, repairs: [String: Int]? = nil
    ) {
        self.added = added
        self.removed = removed
        self.changed = changed
        self.policyChanged = policyChanged
        self.identityChanged = identityChanged
        self.topologyChanged = topologyChanged
        self.repairs = repairs
    }

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

/// `DELETE /v1/peers/NAME`.
public struct RemovalReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    /// The peer's name.
    public var removed: String

    public init(removed: String) {
        self.removed = removed
    }
}
