import SealaneFleet
import SealaneLinux
import SealanePacket

/// The prefixes that never leave this host in the clear: those of its peers, and the networks around its own overlay
/// addresses. Routes that prohibit them (`RouteFloor`) stand from the first start until `sealane down`.
package enum OverlayProhibitRoutes {
    /// Lays the floor for every peer that `configuration` or its peer file names, and takes nothing away. Comes before
    /// everything that a start can fail in: the listen address, keys, ports, the device.
    ///
    /// Without CAP_NET_ADMIN nothing happens: the start fails for that reason, and what an earlier one laid stands.
    package static func lay(for configuration: Configuration) throws(SystemError) {
        guard Capability.hasNetAdmin else { return }
        // A peer file that cannot be read fails the start later on; the configuration's peers are known all the same.
        let added = try? PeerFile(inStateDirectory: configuration.agent.stateDirectory).read()
        try RouteFloor.add(
            prefixes(configuration.agent.addresses, configuration.peers + (added ?? [])),
            under: configuration.agent.interface)
    }

    package static func prefixes(_ ownAddresses: [IPPrefix], _ peers: [PeerDefinition]) -> [String] {
        Set((ownAddresses + peers.flatMap(\.addresses)).map(\.network)).map { "\($0)" }
    }
}
