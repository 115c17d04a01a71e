import SealaneLinux
import SealanePacket

/// Whether an offload is used, and if not, why.
package struct OffloadState: Sendable, Equatable {
    package let offload: Offload
    package let setting: OffloadSetting
    /// Nil: it is on.
    package let reasonOff: String?

    package var isOn: Bool { reasonOff == nil }
}

/// The state of all offloads, by the operator's settings and the results of self-tests.
package struct OffloadPlan: Sendable, Equatable {
    package private(set) var states: [OffloadState] = []

    /// - Parameters:
    ///   - settings: an offload without a setting is `auto`.
    ///   - findings: why an offload does not work here; an offload without a finding works.
    package init(_ settings: [Offload: OffloadSetting], findings: [Offload: String]) {
        for offload in Offload.allCases {
            let setting = settings[offload] ?? .auto
            var reason = setting == .off ? "the configuration says off" : findings[offload]
            if reason == nil, [.tso4, .tso6, .uso].contains(offload), let checksum = self[.checksum].reasonOff {
                reason = "needs checksum, which is off: \(checksum)"
            }
            states.append(OffloadState(offload: offload, setting: setting, reasonOff: reason))
        }
    }

    package subscript(offload: Offload) -> OffloadState {
        states.first { $0.offload == offload } ?? OffloadState(offload: offload, setting: .off, reasonOff: "unknown")
    }

    /// The first offload that the operator requires and that does not work.
    package var unmet: OffloadState? { states.first { $0.setting == .on && !$0.isOn } }

    /// The offloads to request of the TUN. Nil: none, its packets are plain.
    package var ofTun: TunOffloads? {
        guard self[.checksum].isOn else { return nil }
        var offloads: TunOffloads = .checksum
        if self[.tso4].isOn { offloads.formUnion([.tso4, .ecn]) }
        if self[.tso6].isOn { offloads.formUnion([.tso6, .ecn]) }
        if self[.uso].isOn { offloads.insert(.uso) }
        return offloads
    }

    /// The kinds of packets that may be coalesced for the TUN.
    var coalescing: Coalescer.Kinds {
        var kinds: Coalescer.Kinds = []
        if self[.tso4].isOn { kinds.insert(.tcpIPv4) }
        if self[.tso6].isOn { kinds.insert(.tcpIPv6) }
        if self[.uso].isOn { kinds.formUnion([.udpIPv4, .udpIPv6]) }
        return kinds
    }
}

/// An offload that worked at first and was refused later, in one lane.
package struct OffloadLoss: Sendable, Equatable {
    package let offload: Offload
    package let error: SystemError

    package init(offload: Offload, error: SystemError) {
        self.offload = offload
        self.error = error
    }
}
