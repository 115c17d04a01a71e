import SealaneLinux
import SealanePacket

/// Work on many packets at once that the kernel or the network card does for the lane. The bytes that travel do not depend on it.
public enum Offload: String, CaseIterable, Sendable {
    /// Packets from the TUN may have an unfinished checksum, and travel with it.
    case checksum
    /// TCP super-packets over IPv4, from the TUN and to it.
    case tso4
    /// The same over IPv6.
    case tso6
    /// UDP super-packets, from the TUN and to it, over both families.
    case uso
    /// Runs of datagrams to the socket (UDP_SEGMENT), over the family of its address.
    case gso
    /// Runs of datagrams from the socket (UDP_GRO).
    case gro

    /// For operators.
    public var summary: String {
        switch self {
        case .checksum: "leave checksums of packets unfinished on their way through the tunnel"
        case .tso4: "TCP super-packets over IPv4 on the tunnel device"
        case .tso6: "TCP super-packets over IPv6 on the tunnel device"
        case .uso: "UDP super-packets on the tunnel device"
        case .gso: "send many datagrams of the tunnel as one message"
        case .gro: "receive many datagrams of the tunnel as one message"
        }
    }
}

/// The operator's setting of an offload.
public enum OffloadSetting: String, CaseIterable, Sendable {
    /// On if it works.
    case auto
    /// The agent does not start without it.
    case on
    case off
}

/// Whether an offload is used, and if not, why.
public struct OffloadState: Sendable, Equatable {
    public let offload: Offload
    public let setting: OffloadSetting
    /// Nil: it is on.
    public let reasonOff: String?

    public var isOn: Bool { reasonOff == nil }
}

/// The state of all offloads, by the operator's settings and the results of self-tests.
public struct OffloadPlan: Sendable, Equatable {
    public private(set) var states: [OffloadState] = []

    /// - Parameters:
    ///   - settings: an offload without a setting is `auto`.
    ///   - findings: why an offload does not work here; an offload without a finding works.
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

    /// The first offload that the operator requires and that does not work.
    public var unmet: OffloadState? { states.first { $0.setting == .on && !$0.isOn } }

    /// The offloads to request of the TUN. Nil: none, its packets are plain.
    public var ofTun: TunOffloads? {
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
public struct OffloadLoss: Sendable, Equatable {
    public let offload: Offload
    public let error: SystemError

    public init(offload: Offload, error: SystemError) {
        self.offload = offload
        self.error = error
    }
}
