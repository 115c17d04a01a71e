import SealaneFleet
import SealaneLinux
import SealanePacket

/// The routes that keep overlay packets from leaving this host in the clear. They prohibit the prefixes of all peers
/// and the networks around this host's own overlay addresses (`ProhibitRoutes`), from the first start of the agent until
/// `sealane down`.
package enum OverlayProhibitRoutes {
    /// Adds the routes for every peer that `configuration` or its peer file names, and removes none. Call it before
    /// anything that can make a start fail: the listen address, keys, ports, the device.
    ///
    /// Does nothing without CAP_NET_ADMIN: the start then fails for that reason, and the routes of an earlier start
    /// remain.
    package static func add(for configuration: Configuration) throws(SystemError) {
        guard Capability.hasNetAdmin else { return }
        // A peer file that cannot be read makes the start fail later. The configuration's peers count in any case.
        let added = try? PeerFile(inStateDirectory: configuration.agent.stateDirectory).read()
        try ProhibitRoutes.add(
            prefixes(configuration.agent.addresses, configuration.peers + (added ?? [])),
            for: configuration.agent.interface)
    }

    package static func prefixes(_ ownAddresses: [IPPrefix], _ peers: [PeerDefinition]) -> [String] {
        Set((ownAddresses + peers.flatMap(\.addresses)).map(\.network)).map { "\($0)" }
    }
}
