/// How many lanes an agent has.
public enum LaneCount {
    /// More would be a socket, a key a session, and a thread each, and no more processors than these are driven by them.
    public static var limit: UInt8 { 64 }

    /// Half the processors: applications and the kernel's own share of the work need the rest. A second lane on two
    /// processors gains nothing (measured).
    public static func suggested(forProcessors count: Int) -> UInt8 {
        UInt8(clamping: min(max(count / 2, 1), 16))
    }
}
