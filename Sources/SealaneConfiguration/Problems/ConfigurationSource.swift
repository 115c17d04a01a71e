/// The positions of the values of a configuration in its file, for problems that show after decoding.
package struct ConfigurationSource: Sendable, Equatable {
    /// The file's path as the operator gave it.
    package let file: String
    /// By the value's path: `agent.listen`, `peers[2].addresses[0]`.
    var positions: [String: ConfigurationPosition] = [:]
    /// The positions of the public keys of `peers`, by index. They are checked against this host's own key after
    /// decoding.
    private var publicKeyPositions: [ConfigurationPosition] = []

    init(file: String) {
        self.file = file
    }

    /// Without the positions of values that decoding has checked completely: with ten thousand peers, those would take
    /// more memory than the peers.
    var forLater: ConfigurationSource {
        var source = self
        source.positions = positions.filter {
            !$0.key.hasPrefix("peers[") || $0.key.hasSuffix(".preshared-key-file")
        }
        while let position = positions["peers[\(source.publicKeyPositions.count)].public-key"] {
            source.publicKeyPositions.append(position)
        }
        return source
    }

    /// A problem with the value at `path`, for example `peers[0].preshared-key-file`. It has no position if the file
    /// does not have the value.
    package func problem(at path: String, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(file: file, position: positions[path], message: message)
    }

    /// A problem with the public key of the peer of this index.
    func problem(ofPublicKeyOfPeer index: Int, _ message: String) -> ConfigurationProblem {
        let position = publicKeyPositions.indices.contains(index) ? publicKeyPositions[index] : nil
        return ConfigurationProblem(file: file, position: position, message: message)
    }
}
