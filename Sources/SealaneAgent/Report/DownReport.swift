import SealaneLinux
import SealanePacket

/// What `sealane down` removed, and where packets to the peers' prefixes go now: `sealane down --json`.
public struct DownReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    public var interface: String
    public var deviceRemoved: Bool
    /// Whether the table of the overlay filter was there; absent: the command is of a version that does not say.
    public var filterRemoved: Bool?
    /// True: an interface of this name is no TUN device, and was left alone.
    public var foreignDeviceKept: Bool?
    /// How many routes that prohibited a prefix were there.
    public var prohibitionsRemoved: Int
    /// By prefix, IPv4 first.
    public var traffic: [Traffic]

    /// Where packets to one prefix go, as its first address shows.
    public struct Traffic: Codable, Sendable, Equatable {
        public enum Outcome: String, Codable, Sendable, CaseIterable {
            /// They leave this host as they are.
            case clear
            /// They do not leave: there is no route, or one of somebody else's refuses them.
            case refused
        }

        public var prefix: String
        public var outcome: Outcome
        /// By which interface and router they leave.
        public var interface: String?
        public var via: String?

        public init(prefix: String, outcome: Outcome, interface: String? = nil, via: String? = nil) {
            self.prefix = prefix
            self.outcome = outcome
            self.interface = interface
            self.via = via
        }
    }

    public init(
        interface: String, deviceRemoved: Bool, filterRemoved: Bool, foreignDeviceKept: Bool = false,
        prohibitionsRemoved: Int, traffic: [Traffic]
    ) {
        self.interface = interface
        self.deviceRemoved = deviceRemoved
        self.filterRemoved = filterRemoved
        self.foreignDeviceKept = foreignDeviceKept ? true : nil
        self.prohibitionsRemoved = prohibitionsRemoved
        self.traffic = traffic
    }
}

extension DownReport.Traffic {
    /// Asks the kernel.
    init(to prefix: IPPrefix) throws(SystemError) {
        switch try NetworkRoute.answer(to: "\(prefix.sampleAddress)") {
        case .refused: self.init(prefix: "\(prefix)", outcome: .refused)
        case .out(let hops):
            self.init(
                prefix: "\(prefix)", outcome: .clear,
                interface: hops.first.flatMap { NetworkInterface.name(of: $0.interfaceIndex) },
                via: hops.first?.gateway)
        }
    }
}

extension IPPrefix {
    /// The first address that a host may have.
    var sampleAddress: IPAddress {
        let first = network.address
        return isHostRoute ? first : IPAddress(high: first.high, low: first.low | 1)
    }
}
