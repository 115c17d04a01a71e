import SealaneConfiguration
import SealaneTunnel

/// Configuration files for tests: the smallest complete one, and changes to it.
package enum ConfigurationText {
    package static func key(_ byte: UInt8) -> String {
        PublicKey(bytes: [UInt8](repeating: byte, count: 32))?.description ?? ""
    }

    /// Lines 1 to 14.
    package static let minimal = """
        agent:
          listen: 10.77.0.1:7325
          addresses: [10.78.0.1/24]
          private-key-file: /etc/sealane/private.key
        instance:
          type: c5n.large
          region: us-east-1
          vpc: vpc-0a
        peers:
          - name: b
            endpoint: 10.77.0.2:7325
            public-key: \(key(1))
            addresses: [10.78.0.2/32]
            instance: {type: m5n.xlarge, region: us-east-1, vpc: vpc-0a}

        """

    /// `minimal` with one text replaced by another.
    package static func minimal(replacing old: String, by new: String) -> String {
        minimal.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }

    package static func decode(_ text: String) throws(ConfigurationError) -> Configuration {
        try ConfigurationDecoder.decode(text, file: "f")
    }

    /// The problems of `text`, one a line; empty if there is none.
    package static func problems(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try decode(text)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}
