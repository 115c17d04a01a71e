import SealaneAEAD

/// `Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b` (The Noise Protocol Framework, revision 34):
///
///     <- s
///     -> e, es, s, ss
///     <- e, ee, se, psk
///
/// One type a role. Each step borrows the static private key, which exists once, and the secret of token "ss", which is computed
/// once. Without a preshared key the psk is 32 zero bytes, as in WireGuard.
package enum NoiseIKpsk2 {
    package static var protocolName: String { "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b" }
    /// e 32, s 32 + tag 16, the payload's tag 16.
    package static var initiationOverhead: Int { 96 }
    /// e 32, the payload's tag 16.
    package static var responseOverhead: Int { 48 }

    fileprivate static func initialState(
        prologue: [UInt8], responder: PublicKey
    ) throws(NoiseError) -> NoiseSymmetricState {
        var state = try NoiseSymmetricState(protocolName: protocolName)
        state.mixHash(prologue)
        state.mixHash(responder.bytes)
        return state
    }

    fileprivate static func ephemeral(
        using random: inout some RandomNumberGenerator
    ) throws(NoiseError) -> PrivateKey {
        do throws(AEADError) { return try PrivateKey.generate(using: &random) } catch { throw .outOfMemory }
    }
}

extension NoiseSymmetricState {
    /// Token "e" of a psk handshake: the key is hashed and mixed (section 9.2).
    fileprivate mutating func mixEphemeral(_ key: PublicKey) {
        mixHash(key.bytes)
        key.bytes.withUnsafeBytes { mixKey($0) }
    }

    /// Tokens "es", "ee" and "se".
    fileprivate mutating func mixSharedSecret(
        _ own: borrowing PrivateKey, _ remote: PublicKey
    ) throws(NoiseError) {
        mixKey(try own.noiseSecret(with: remote))
    }

    /// The key of mac2 in a response (`HandshakeMAC`).
    fileprivate borrowing func responseKey() -> [UInt8] { key(for: "sealane response mac2") }

    fileprivate mutating func mix(_ presharedKey: PresharedKey?) {
        if let presharedKey {
            presharedKey.secret.withUnsafeBytes { mixKeyAndHash($0) }
        } else {
            [UInt8](repeating: 0, count: PresharedKey.byteCount).withUnsafeBytes { mixKeyAndHash($0) }
        }
    }
}

/// The result of a handshake.
package struct NoiseResult: ~Copyable {
    /// The payload of the other end's last message; empty for the responder.
    package let payload: [UInt8]
    package var keys: NoiseTransportKeys
    package let handshakeHash: [UInt8]
}

/// The end that begins.
package struct NoiseInitiator: ~Copyable {
    private var state: NoiseSymmetricState
    private let ephemeral: PrivateKey
    /// Message 1: e, encrypted s, encrypted payload.
    package let initiation: [UInt8]
    /// The key of mac2 in the response: a receiver that has read message 1 has it.
    package let responseKey: [UInt8]

    /// Writes message 1.
    ///
    /// - Parameter agreement: with the responder.
    package init(
        privateKey: borrowing PrivateKey, agreement: StaticAgreement, prologue: [UInt8], payload: [UInt8],
        using random: inout some RandomNumberGenerator
    ) throws(NoiseError) {
        let responder = agreement.remote
        var state = try NoiseIKpsk2.initialState(prologue: prologue, responder: responder)
        let ephemeral = try NoiseIKpsk2.ephemeral(using: &random)
        state.mixEphemeral(ephemeral.publicKey)
        try state.mixSharedSecret(ephemeral, responder)
        let encryptedStatic = state.encryptAndHash(privateKey.publicKey.bytes)
        state.mixKey(agreement.secret)
        initiation = ephemeral.publicKey.bytes + encryptedStatic + state.encryptAndHash(payload)
        responseKey = state.responseKey()
        self.state = state
        self.ephemeral = ephemeral
    }

    /// Reads message 2. A message that is not authentic changes nothing: the right one may still arrive.
    package borrowing func read(
        response: ArraySlice<UInt8>, privateKey: borrowing PrivateKey, presharedKey: PresharedKey?
    ) throws(NoiseError) -> NoiseResult {
        guard response.count >= NoiseIKpsk2.responseOverhead, let remote = PublicKey(bytes: response.prefix(32)) else {
            throw .notAuthentic
        }
        var state = try self.state.duplicate()
        state.mixEphemeral(remote)
        try state.mixSharedSecret(ephemeral, remote)
        try state.mixSharedSecret(privateKey, remote)
        state.mix(presharedKey)
        let payload = try state.decryptAndHash(response.dropFirst(32))
        return NoiseResult(payload: payload, keys: try state.split(), handshakeHash: state.hash)
    }
}

/// The end that answers. It reads message 1 in two steps, so that a stranger does not cost the second half of the work.
package struct NoiseResponder: ~Copyable {
    private var state: NoiseSymmetricState
    private let remoteEphemeral: PublicKey
    /// The static key that the initiator states. `readPayload` proves it.
    package let remote: PublicKey
    private let sealedPayload: ArraySlice<UInt8>

    /// Reads message 1 up to the initiator's static key.
    package init(
        privateKey: borrowing PrivateKey, prologue: [UInt8], initiation: ArraySlice<UInt8>
    ) throws(NoiseError) {
        guard initiation.count >= NoiseIKpsk2.initiationOverhead,
            let remoteEphemeral = PublicKey(bytes: initiation.prefix(32))
        else { throw .notAuthentic }
        var state = try NoiseIKpsk2.initialState(prologue: prologue, responder: privateKey.publicKey)
        state.mixEphemeral(remoteEphemeral)
        try state.mixSharedSecret(privateKey, remoteEphemeral)
        let identity = try state.decryptAndHash(initiation.dropFirst(32).prefix(48))
        guard let remote = PublicKey(bytes: identity) else { throw .notAuthentic }
        self.remote = remote
        self.remoteEphemeral = remoteEphemeral
        sealedPayload = initiation.dropFirst(80)
        self.state = state
    }

    /// Reads the rest. Success proves that the payload is from the holder of `remote`'s private key. Called once.
    ///
    /// - Parameter agreement: with `remote`; with anybody else, nothing is authentic.
    package mutating func readPayload(_ agreement: StaticAgreement) throws(NoiseError) -> [UInt8] {
        state.mixKey(agreement.secret)
        return try state.decryptAndHash(sealedPayload)
    }

    /// The key of mac2 in the response. After `readPayload`, and before `write`.
    package borrowing func responseKey() -> [UInt8] { state.responseKey() }

    /// Writes message 2, appending it to `message`: e, encrypted payload.
    package mutating func write(
        payload: [UInt8], presharedKey: PresharedKey?, to message: inout [UInt8],
        using random: inout some RandomNumberGenerator
    ) throws(NoiseError) -> NoiseResult {
        let ephemeral = try NoiseIKpsk2.ephemeral(using: &random)
        state.mixEphemeral(ephemeral.publicKey)
        try state.mixSharedSecret(ephemeral, remoteEphemeral)
        try state.mixSharedSecret(ephemeral, remote)
        state.mix(presharedKey)
        message += ephemeral.publicKey.bytes + state.encryptAndHash(payload)
        return NoiseResult(payload: [], keys: try state.split(), handshakeHash: state.hash)
    }
}
