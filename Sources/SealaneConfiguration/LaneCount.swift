/// The number of an agent's lanes.
package enum LaneCount {
    /// The most that can be configured. Each lane takes a thread, a socket, and a key per session.
    package static var limit: UInt8 { 64 }

    /// The most for which UDP ports exist if lane 0 has this one: lane n uses the port n above it.
    package static func most(fromPort port: UInt16) -> Int { 65_536 - Int(port) }

    /// Half the processors: applications and the kernel need the rest. A second lane on two processors gains nothing
    /// (measured).
    package static func suggested(forProcessors count: Int, firstPort: UInt16) -> UInt8 {
        UInt8(clamping: min(max(count / 2, 1), 16, most(fromPort: firstPort)))
    }
}
