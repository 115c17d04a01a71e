/// The changes of a reload: `POST /v1/reload`, `sealane reload --json`.
package struct ReloadReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// Names of peers.
    package var added: [String]
    package var removed: [String]
    package var changed: [String]
    package var policyChanged: Bool
    /// Whether this host's certificate, the authorities or the revocations changed.
    package var identityChanged: Bool
    /// Whether the topology or its greatest age changed.
    package var topologyChanged: Bool
    /// How many things of the tunnel device were wrong and were restored, by kind: `routes`, `addresses`, ...
    package var repairs: [String: Int]?
    /// Names of peers whose pre-shared key changed; they are in `changed` as well. Absent: none.
    package var presharedKeysChanged: [String]?
    /// What the reload could not apply, and what to do; absent: it applied everything.
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
