import CSodium
import SealaneAEAD

/// The two root keys that one handshake agreed, one a direction, and how lanes derive theirs from them.
///
/// Shared, immutable, by the lanes of a session; wiped and freed when the last of them lets go. A lane's key is
/// BLAKE2b-256(key: root, "sealane lane" ‖ lane number): lanes share no counter, so they need no lock.
public final class SessionSecrets: @unchecked Sendable {
    // Sendable: both are written once, in init.
    private let sendingRoot: SecretBytes
    private let receivingRoot: SecretBytes
    public let suite: CipherSuite

    /// Each root is 32 bytes, from Noise's Split.
    public init(sending: consuming SecretBytes, receiving: consuming SecretBytes, suite: CipherSuite) {
        self.sendingRoot = sending
        self.receivingRoot = receiving
        self.suite = suite
    }

    func sealingKey(lane: UInt8) throws(AEADError) -> AEADKey {
        try Self.laneKey(root: sendingRoot, lane: lane, suite: suite)
    }

    func openingKey(lane: UInt8) throws(AEADError) -> AEADKey {
        try Self.laneKey(root: receivingRoot, lane: lane, suite: suite)
    }

    private static func laneKey(
        root: borrowing SecretBytes, lane: UInt8, suite: CipherSuite
    ) throws(AEADError) -> AEADKey {
        let label = Array("sealane lane".utf8) + [lane]
        var key = try SecretBytes(count: AEADKey.keyByteCount)
        key.withUnsafeMutableBytes { output in
            root.withUnsafeBytes { root in
                _ = crypto_generichash(
                    output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count,
                    label, UInt64(label.count),
                    root.baseAddress?.assumingMemoryBound(to: UInt8.self), root.count)
            }
        }
        return try AEADKey(suite: suite, key: key)
    }
}
