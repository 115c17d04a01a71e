import CSodium
import SealaneAEAD

/// The two root keys that one handshake agreed, one a direction, and how lanes derive theirs from them.
///
/// Shared, immutable, by the lanes of a session; wiped and freed when the last of them lets go. A lane's key is
/// BLAKE2b-256(key: root, "sealane lane" ‖ lane number): lanes share no counter, so they need no lock. Datagrams that a lane sends by
/// the path of lane 0 (`DataHeader.byFirstLane`) have another key, BLAKE2b-256(key: root, "sealane lane by 0" ‖ lane number):
/// another lane receives it, with a replay window of its own.
package final class SessionSecrets: @unchecked Sendable {
    // Sendable: both are written once, in init.
    private let sendingRoot: SecretBytes
    private let receivingRoot: SecretBytes

    /// Takes over both roots from Noise's Split, as the initiator uses them.
    init(ofInitiator keys: consuming NoiseTransportKeys) {
        sendingRoot = keys.toResponder
        receivingRoot = keys.toInitiator
    }

    /// As the responder uses them.
    init(ofResponder keys: consuming NoiseTransportKeys) {
        sendingRoot = keys.toInitiator
        receivingRoot = keys.toResponder
    }

    func sealingKey(
        lane: UInt8, byFirst: Bool = false, _ suite: CipherSuite, _ provider: AEADProvider
    ) throws(AEADError) -> AEADKey {
        try Self.laneKey(root: sendingRoot, lane: lane, byFirst, suite, provider)
    }

    func openingKey(
        lane: UInt8, byFirst: Bool = false, _ suite: CipherSuite, _ provider: AEADProvider
    ) throws(AEADError) -> AEADKey {
        try Self.laneKey(root: receivingRoot, lane: lane, byFirst, suite, provider)
    }

    private static func laneKey(
        root: borrowing SecretBytes, lane: UInt8, _ byFirst: Bool, _ suite: CipherSuite, _ provider: AEADProvider
    ) throws(AEADError) -> AEADKey {
        let label = Array((byFirst ? "sealane lane by 0" : "sealane lane").utf8) + [lane]
        var key = try SecretBytes(count: AEADKey.keyByteCount)
        let byteCount = root.count
        key.withUnsafeMutableBytePointer { output in
            root.withUnsafeBytePointer { root in
                _ = crypto_generichash(
                    output, AEADKey.keyByteCount, label, UInt64(label.count), root, byteCount)
            }
        }
        return try AEADKey(suite: suite, key: key, provider: provider)
    }
}
