/// Why a host rejected the timestamp of an initiation.
package struct ClockObjection: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The timestamp is ahead of the clock of the host that objects.
        case ahead
        /// The timestamp is not later than one of an earlier initiation: the clock was set back, or somebody repeats a recording.
        case behind
    }

    package let kind: Kind
    /// Whether the peer objects to this host's initiation. Otherwise this host objects to the peer's.
    package let isByPeer: Bool
    /// The timestamp of the initiation.
    package let stated: TAI64N
    /// The clock of the host that objects, or the earlier timestamp.
    package let comparedWith: TAI64N
    package let at: MonotonicTime
}
