import SealaneLinux
import SealanePacket

/// Whether an offload is used, and if not, why.
public struct OffloadState: Sendable, Equatable {
    public let offload: Offload
    public let setting: OffloadSetting
    /// Nil: it is on.
    public let reasonOff: String?

    public var isOn: Bool { reasonOff == nil }
}

/// The offloads in use, all of them, by what the operator wants and what self-tests have shown.
public struct OffloadPlan: Sendable, Equatable {
    public private(set) var states: [OffloadState] = []

    /// - Parameters:
    ///   - settings: an offload that is not in it is `auto`.
    ///   - findings: why an offload does not work here; one that is not in it works.
    public init(_ settings: [Offload: OffloadSetting], findings: [Offload: String]) {
        for offload in Offload.allCases {
            let setting = settings[offload] ?? .auto
            var reason = setting == .off ? "the configuration says off" : findings[offload]
            if reason == nil, [.tso4, .tso6, .uso].contains(offload), let checksum = self[.checksum].reasonOff {
                reason = "needs checksum, which is off: \(checksum)"
            }
            states.append(OffloadState(offload: offload, setting: setting, reasonOff: reason))
        }
    }

    public subscript(offload: Offload) -> OffloadState {
        states.first { $0.offload == offload } ?? OffloadState(offload: offload, setting: .off, reasonOff: "unknown")
    }

    /// The first that the operator insists on and that cannot be had.
    public var unmet: OffloadState? { states.first { $0.setting == .on && !$0.isOn } }

    /// What to ask the TUN for. Nil: no offload of it is wanted, its packets are plain.
    public var ofTun: TunOffloads? {
        guard self[.checksum].isOn else { return nil }
        var offloads: TunOffloads = .checksum
        if self[.tso4].isOn { offloads.formUnion([.tso4, .ecn]) }
        if self[.tso6].isOn { offloads.formUnion([.tso6, .ecn]) }
        if self[.uso].isOn { offloads.insert(.uso) }
        return offloads
    }

    /// What may be put together for the TUN.
    var coalescing: Coalescer.Kinds {
        var kinds: Coalescer.Kinds = []
        if self[.tso4].isOn { kinds.insert(.tcpIPv4) }
        if self[.tso6].isOn { kinds.insert(.tcpIPv6) }
        if self[.uso].isOn { kinds.formUnion([.udpIPv4, .udpIPv6]) }
        return kinds
    }
}

/// An offload that worked at first and was refused later, by one lane.
public struct OffloadLoss: Sendable, Equatable {
    public let offload: Offload
    public let error: SystemError

    public init(offload: Offload, error: SystemError) {
        self.offload = offload
        self.error = error
    }
}
