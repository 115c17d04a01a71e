import SealaneControl

/// What `sealane down` removed, and where packets to the peers' prefixes go now: `sealane down --json`.
package struct DownReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var interface: String
    package var deviceRemoved: Bool
    /// Whether the table of the overlay filter was there; absent: the command is of a version that does not say.
    package var filterRemoved: Bool?
    /// True: an interface of this name is no TUN device, and was left alone.
    package var foreignDeviceKept: Bool?
    /// How many routes that prohibited a prefix were there.
    package var prohibitionsRemoved: Int
    /// By prefix, IPv4 first.
    package var traffic: [Traffic]

    /// Where packets to one prefix go, as its first address shows.
    package struct Traffic: Codable, Sendable, Equatable {
        package enum Outcome: String, Codable, Sendable, CaseIterable {
            /// They leave this host as they are.
            case clear
            /// They do not leave: there is no route, or one of somebody else's refuses them.
            case refused
        }

        package var prefix: String
        package var outcome: Outcome
        /// By which interface and router they leave.
        package var interface: String?
        package var via: String?

        package init(prefix: String, outcome: Outcome, interface: String? = nil, via: String? = nil) {
            self.prefix = prefix
            self.outcome = outcome
            self.interface = interface
            self.via = via
        }
    }

    package init(
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
