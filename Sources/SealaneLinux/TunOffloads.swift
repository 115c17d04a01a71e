import Glibc

/// Work that a TUN device's reader takes over from the kernel (kernel: TUN_F_..., the argument of TUNSETOFFLOAD).
///
/// What may be *written* does not depend on them: see `TunQueue.probeWrites`.
@frozen
public struct TunOffloads: OptionSet, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Packets may come with their transport checksum to be finished. All others need it.
    @inlinable public static var checksum: TunOffloads { TunOffloads(rawValue: 0x01) }
    /// Super-packets of TCP over IPv4.
    @inlinable public static var tso4: TunOffloads { TunOffloads(rawValue: 0x02) }
    /// Super-packets of TCP over IPv6.
    @inlinable public static var tso6: TunOffloads { TunOffloads(rawValue: 0x04) }
    /// TCP super-packets may have the CWR flag set (it belongs to their first segment); needs `tso4` or `tso6`.
    @inlinable public static var ecn: TunOffloads { TunOffloads(rawValue: 0x08) }
    /// Super-packets of UDP over both families (Linux 6.2).
    @inlinable public static var uso: TunOffloads { TunOffloads(rawValue: 0x60) }

    @inlinable public static var all: TunOffloads { [.checksum, .tso4, .tso6, .ecn, .uso] }

    /// `checksum tso4`; `none`.
    public var description: String {
        let names = Self.named.filter { contains($0.offload) }.map(\.name)
        return names.isEmpty ? "none" : names.joined(separator: " ")
    }

    /// In the order in which they are given up.
    static var named: [(offload: TunOffloads, name: String)] {
        [(.uso, "uso"), (.ecn, "ecn"), (.tso6, "tso6"), (.tso4, "tso4"), (.checksum, "checksum")]
    }
}

/// Which TUN offloads the kernel granted, and why not the others.
public struct TunOffloadGrant: Hashable, Sendable {
    /// Why an offload that was asked for is not granted.
    public struct Refusal: Hashable, Sendable {
        public let offload: TunOffloads
        /// The offload's name is in its `subject`.
        public let error: SystemError
    }

    public private(set) var granted: TunOffloads
    /// One for each offload that was asked for and is not granted.
    public private(set) var refusals: [Refusal] = []

    init(granted: TunOffloads) {
        self.granted = granted
    }

    /// Sets as many of `wanted` as the kernel takes, giving up one after the other: `uso`, `ecn`, `tso6`, `tso4`,
    /// `checksum`.
    /// - Parameters:
    ///   - device: for the reasons.
    ///   - set: sets these `TunOffloads.rawValue` and no others; returns a value >= 0 or -errno.
    /// - Throws: what `set` reports, unless it is EINVAL ("I do not know one of these").
    public static func negotiate(
        _ wanted: TunOffloads, device: String, set: (UInt32) -> Int
    ) throws(SystemError) -> TunOffloadGrant {
        var grant = TunOffloadGrant(granted: wanted.intersection(wanted.contains(.uso) ? .all : .all.subtracting(.uso)))
        if !wanted.contains(.checksum) {
            grant.refuse([.uso, .ecn, .tso6, .tso4], device, "needs the checksum offload, which is not asked for")
        } else if wanted.isDisjoint(with: [.tso4, .tso6]) {
            grant.refuse([.ecn], device, "needs tso4 or tso6, which are not asked for")
        }
        while true {
            let offloads = grant.granted.rawValue
            let result = retryingInterrupts { set(offloads) }
            if result >= 0 { return grant }
            guard result == -Int(EINVAL) else {
                throw SystemError(
                    call: Self.call, errno: Int32(truncatingIfNeeded: -result), subject: "\(device): \(grant.granted)")
            }
            guard let next = TunOffloads.named.first(where: { grant.granted.contains($0.offload) })?.offload else {
                return grant
            }
            grant.refuse(
                next, device, next == .uso ? "the TUN driver knows it from Linux 6.2 on" : "the TUN driver refuses it")
            if grant.granted.isDisjoint(with: [.tso4, .tso6]) {
                grant.refuse(.ecn, device, "needs tso4 or tso6, which the TUN driver refuses")
            }
        }
    }

    /// The grant of a device without a header.
    static func withoutHeader(_ wanted: TunOffloads, device: String, _ reason: String) -> TunOffloadGrant {
        var grant = TunOffloadGrant(granted: wanted)
        grant.refuse(.all, device, reason)
        return grant
    }

    /// Takes those of `offloads` that are granted away.
    mutating func refuse(
        _ offloads: TunOffloads, _ device: String, _ advice: String?, call: String = call, errno: Int32 = EINVAL
    ) {
        for (offload, name) in TunOffloads.named where offloads.contains(offload) && granted.contains(offload) {
            granted.remove(offload)
            let error = SystemError(call: call, errno: errno, subject: "\(device): \(name)", advice: advice)
            refusals.append(Refusal(offload: offload, error: error))
        }
    }

    static let call = "ioctl TUNSETOFFLOAD"
}
