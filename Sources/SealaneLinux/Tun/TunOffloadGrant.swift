import Glibc

/// The TUN offloads that the kernel granted, and the reasons for the others.
public struct TunOffloadGrant: Hashable, Sendable {
    /// Why a requested offload was not granted.
    public struct Refusal: Hashable, Sendable {
        public let offload: TunOffloads
        /// Its `subject` contains the offload's name.
        public let error: SystemError
    }

    package private(set) var granted: TunOffloads
    /// One for each requested offload that was not granted.
    package private(set) var refusals: [Refusal] = []

    init(granted: TunOffloads) {
        self.granted = granted
    }

    /// Sets as many of `wanted` as the kernel accepts, giving up one after the other: `uso`, `ecn`, `tso6`, `tso4`,
    /// `checksum`.
    /// - Parameters:
    ///   - device: for the reasons.
    ///   - set: sets exactly these `TunOffloads.rawValue`; returns a value >= 0 or -errno.
    /// - Throws: an error of `set`, unless it is EINVAL, which means that the kernel does not know one of the offloads.
    package static func negotiate(
        _ wanted: TunOffloads, device: String, set: (UInt32) -> Int
    ) throws(SystemError) -> TunOffloadGrant {
        var grant = TunOffloadGrant(granted: wanted.intersection(wanted.contains(.uso) ? .all : .all.subtracting(.uso)))
        if !wanted.contains(.checksum) {
            grant.refuse([.uso, .ecn, .tso6, .tso4], device, "needs the checksum offload, which was not requested")
        } else if wanted.isDisjoint(with: [.tso4, .tso6]) {
            grant.refuse([.ecn], device, "needs tso4 or tso6, which were not requested")
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
                next, device,
                next == .uso ? "the TUN driver supports it from Linux 6.2 on" : "the TUN driver refuses it")
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

    /// Removes those of `offloads` that are granted, and records the reason.
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
