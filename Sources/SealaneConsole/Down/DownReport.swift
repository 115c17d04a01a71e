import SealaneControl

/// What `sealane down` removed, and where packets to the peers' prefixes now go: `sealane down --json`.
package struct DownReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var interface: String
    package var deviceRemoved: Bool
    /// Whether the table of the overlay filter existed; absent: the command's version does not report it.
    package var filterRemoved: Bool?
    /// True: an interface of this name is not a TUN device, and stays.
    package var foreignDeviceKept: Bool?
    /// The number of routes that prohibited a prefix.
    package var prohibitionsRemoved: Int
    /// One for each prefix, IPv4 first.
    package var traffic: [Traffic]

    /// Where packets to one prefix go, judged by its first address.
    package struct Traffic: Codable, Sendable, Equatable {
        package enum Outcome: String, Codable, Sendable, CaseIterable {
            /// Packets leave this host in the clear.
            case clear
            /// Packets do not leave: there is no route, or another program's route refuses them.
            case refused
        }

        package var prefix: String
        package var outcome: Outcome
        /// The interface and the router through which they leave.
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
