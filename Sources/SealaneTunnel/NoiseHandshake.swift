import SealaneAEAD

/// `Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b` (The Noise Protocol Framework, revision 34):
///
///     <- s
///     -> e, es, s, ss
///     <- e, ee, se, psk
///
/// One type a role. The static private key is lent to each step, so that it exists once, and so is what token "ss" yields, so
/// that it is agreed once. Without a preshared key the psk is 32 zero bytes, as in WireGuard.
public enum NoiseIKpsk2 {
    public static var protocolName: String { "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b" }
    /// e 32, s 32 + tag 16, the payload's tag 16.
    public static var initiationOverhead: Int { 96 }
    /// e 32, the payload's tag 16.
    public static var responseOverhead: Int { 48 }

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
    ) throws(NoiseError) -> StaticPrivateKey {
        do throws(AEADError) { return try StaticPrivateKey.generate(using: &random) } catch { throw .outOfMemory }
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
        _ own: borrowing StaticPrivateKey, _ remote: PublicKey
    ) throws(NoiseError) {
        mixKey(try own.noiseSecret(with: remote))
    }

    /// What mac2 of a response is made with (`HandshakeMAC`).
    fileprivate borrowing func responseKey() -> [UInt8] { key(for: "sealane response mac2") }

    fileprivate mutating func mix(_ presharedKey: PresharedKey?) {
        if let presharedKey {
            presharedKey.secret.withUnsafeBytes { mixKeyAndHash($0) }
        } else {
            [UInt8](repeating: 0, count: PresharedKey.byteCount).withUnsafeBytes { mixKeyAndHash($0) }
        }
    }
}

/// What the end of a handshake yields.
public struct NoiseResult: ~Copyable {
    /// What the other end said in its last message; empty for the responder.
    public let payload: [UInt8]
    public var keys: NoiseTransportKeys
    public let handshakeHash: [UInt8]
}

/// The end that speaks first.
public struct NoiseInitiator: ~Copyable {
    private var state: NoiseSymmetricState
    private let ephemeral: StaticPrivateKey
    /// Message 1: e, encrypted s, encrypted payload.
    public let initiation: [UInt8]
    /// The key of mac2 in the response: who has read message 1 has it.
    public let responseKey: [UInt8]

    /// Writes message 1.
    ///
    /// - Parameter agreement: with the responder.
    public init(
        privateKey: borrowing StaticPrivateKey, agreement: StaticAgreement, prologue: [UInt8], payload: [UInt8],
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

    /// Reads message 2. A message that is not authentic changes nothing: the right one may still come.
    public borrowing func read(
        response: ArraySlice<UInt8>, privateKey: borrowing StaticPrivateKey, presharedKey: PresharedKey?
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

/// The end that answers. Its first message is read in two steps, so that a stranger is known as one before the second half
/// of the work is done for it.
public struct NoiseResponder: ~Copyable {
    private var state: NoiseSymmetricState
    private let remoteEphemeral: PublicKey
    /// Who the initiator says it is; proven by `readPayload`.
    public let remote: PublicKey
    private let sealedPayload: ArraySlice<UInt8>

    /// Reads message 1 up to the initiator's static key.
    public init(
        privateKey: borrowing StaticPrivateKey, prologue: [UInt8], initiation: ArraySlice<UInt8>
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

    /// Reads the rest: once it succeeds, the payload is of the holder of `remote`'s private key. To be called once.
    ///
    /// - Parameter agreement: with `remote`; with anybody else, nothing is authentic.
    public mutating func readPayload(_ agreement: StaticAgreement) throws(NoiseError) -> [UInt8] {
        state.mixKey(agreement.secret)
        return try state.decryptAndHash(sealedPayload)
    }

    /// The key of mac2 in the response. After `readPayload`, and before `write`.
    public borrowing func responseKey() -> [UInt8] { state.responseKey() }

    /// Writes message 2, appending it to `message`: e, encrypted payload.
    public mutating func write(
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
