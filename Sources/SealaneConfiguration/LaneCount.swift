/// How many lanes an agent has.
package enum LaneCount {
    /// More would be a socket, a key a session, and a thread each, and no more processors than these are driven by them.
    package static var limit: UInt8 { 64 }

    /// How many there can be when lane 0 has this UDP port: each has the one after that of the lane before.
    package static func most(fromPort port: UInt16) -> Int { 65_536 - Int(port) }

    /// Half the processors: applications and the kernel's own share of the work need the rest. A second lane on two
    /// processors gains nothing (measured).
    package static func suggested(forProcessors count: Int, firstPort: UInt16) -> UInt8 {
        UInt8(clamping: min(max(count / 2, 1), 16, most(fromPort: firstPort)))
    }
}
