/// How much one lane seals with one session, in 16-byte blocks: `TunnelLimits` says why. An agent may ask for less.
@frozen public struct BlockLimits: Sendable {
    /// From here on a new session is asked for.
    public let rekey: UInt64
    /// From here on the lane seals nothing.
    public let reject: UInt64

    /// More than `TunnelLimits` allows counts as that.
    public init(
        rekey: UInt64 = TunnelLimits.rekeyAfterBlocks, reject: UInt64 = TunnelLimits.rejectAfterBlocks
    ) {
        self.rekey = min(rekey, TunnelLimits.rekeyAfterBlocks)
        self.reject = min(reject, TunnelLimits.rejectAfterBlocks)
    }
}
