/// What a reload changed: `POST /v1/reload`, `sealane reload --json`.
package struct ReloadReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// Names of peers.
    package var added: [String]
    package var removed: [String]
    package var changed: [String]
    package var policyChanged: Bool
    /// Whether another certificate of this host's, other authorities or revocations came with it.
    package var identityChanged: Bool
    /// Whether the topology is another, or may be of another age.
    package var topologyChanged: Bool
    /// How much of the tunnel device was not as it should be and was put back, by what it was: `routes`, `addresses`, ...
    package var repairs: [String: Int]?
    /// Names of peers whose pre-shared key is another; absent: of none. They are among `changed`.
    package var presharedKeysChanged: [String]?
    /// What was not taken over, and what to do; absent: nothing.
    package var warnings: [String]?

    package init(
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
}
