import SealaneEligibility
import SealanePacket
import SealaneTunnel

/// A peer as an operator describes it, in the configuration file or with `sealane peer add`.
package struct PeerDefinition: Sendable, Hashable {
    /// Unique among the peers of this host; `OperatorText.peerName` says how it may be written.
    package let name: String
    /// Where the peer's lane 0 listens, on the underlay.
    package let endpoint: Endpoint
    package let publicKey: PublicKey
    /// The overlay prefixes that are the peer's: packets to them go to it, packets from it must come from them.
    package let addresses: [IPPrefix]
    /// What the operator states of the peer's instance, its `addresses` included.
    package let facts: Facts
    /// Absolute path of the file with the pre-shared key, if one is used.
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
