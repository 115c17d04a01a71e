import SealaneTunnel

/// A greater MTU that the tunnel device gets after the sessions carry it.
///
/// If the device had it earlier, the kernel would send packets that are too long for their sessions. It remembers the
/// path MTU in the ICMP error that answers them for ten minutes (`net.ipv4.route.mtu_expires`), far longer than a
/// renewal takes.
struct DeviceMTURise {
    /// In bytes.
    let mtu: Int
    /// When the device gets the MTU, even if a session carries less: one peer with a lower MTU does not limit the
    /// others.
    let patienceEndsAt: MonotonicTime
    /// Nil: the sessions carry the MTU, and the lanes apply that.
    var checkAt: MonotonicTime?

    static var checkInterval: Duration { .milliseconds(50) }
    /// How long the peers' hosts may take to follow the same change.
    private static var patience: Duration { .seconds(10) }

    init(to mtu: Int, peerCount: Int, at now: MonotonicTime) {
        self.mtu = mtu
        patienceEndsAt = now + TunnelLimits.renewalSpan(sessionCount: peerCount) + Self.patience
        checkAt = now
    }
}
