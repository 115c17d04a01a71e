/// How many lanes an agent has.
public enum LaneCount {
    /// Each lane has a socket, a thread, and keys for each session. More lanes than this do not keep more processors busy.
    public static var limit: UInt8 { 64 }

    /// The greatest number if lane 0 has this UDP port: lane n has port + n.
    public static func most(fromPort port: UInt16) -> Int { 65_536 - Int(port) }

    /// Half the processors: applications and the kernel's share of the work need the rest. On two processors a second lane gains
    /// nothing (measured).
    public static func suggested(forProcessors count: Int, firstPort: UInt16) -> UInt8 {
        UInt8(clamping: min(max(count / 2, 1), 16, most(fromPort: firstPort)))
    }
}
