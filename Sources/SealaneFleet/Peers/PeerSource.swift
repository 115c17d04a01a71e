import SealaneTunnel

/// A place where peers are named: the configuration file, or the file that `sealane peer add` writes. A directory
/// service would be another one.
///
/// A source holds what it read last. It answers from memory, so that `PeerSet` can merge sources at any time.
package protocol PeerSource: Sendable {
    var origin: PeerOrigin { get }
    /// In the order in which the source names them.
    var peers: [SourcePeer] { get }
}

/// A peer as a source names it.
package struct SourcePeer: Sendable {
    package let definition: PeerDefinition
    /// From `definition.presharedKeyFile`; nil if no file is named, or if it was never read.
    package let presharedKey: PresharedKey?

    package init(_ definition: PeerDefinition, presharedKey: PresharedKey?) {
        self.definition = definition
        self.presharedKey = presharedKey
    }

    /// Whether the definition names a pre-shared key that could not be read.
    var lacksKey: Bool { definition.presharedKeyFile != nil && presharedKey == nil }
}
