import SealaneEligibility
import SealanePacket
import SealaneTunnel

/// A peer as an operator describes it, in the configuration file or with `sealane peer add`.
package struct PeerDefinition: Sendable, Hashable {
    /// Unique among the peers of this host; written by the rule of `ValueParser.peerName`.
    package let name: String
    /// The underlay endpoint on which the peer's lane 0 listens.
    package let endpoint: Endpoint
    package let publicKey: PublicKey
    /// The overlay prefixes of the peer. Packets to them go to the peer, and packets from the peer must come from them.
    package let addresses: [IPPrefix]
    /// What the operator states about the peer's instance, including `addresses`.
    package let facts: Facts
    /// Absolute path of the file with the pre-shared key; nil: no pre-shared key.
    package let presharedKeyFile: String?

    package init(
        name: String, endpoint: Endpoint, publicKey: PublicKey, addresses: [IPPrefix], facts: Facts,
        presharedKeyFile: String? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.publicKey = publicKey
        self.addresses = addresses
        var facts = facts
        facts.addresses = Fact(addresses, .stated)
        self.facts = facts
        self.presharedKeyFile = presharedKeyFile
    }
}
