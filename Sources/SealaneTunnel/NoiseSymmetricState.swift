import CSodium
import SealaneAEAD

/// Why a handshake message was refused. Says nothing of the bytes: to a stranger nothing is said at all.
public enum NoiseError: Error, Equatable, Sendable {
    /// A tag does not fit, or the message is too short to have one.
    case notAuthentic
    /// A public key of low order: what it agrees on is no secret.
    case weakKey
    /// Guarded memory is exhausted.
    case outOfMemory
}

/// Noise's SymmetricState with its CipherState (revision 34, sections 5.1 and 5.2), for ChaChaPoly and BLAKE2b.
struct NoiseSymmetricState: ~Copyable {
    /// The chaining key, 64 bytes, then the cipher key, 32.
    private var secrets: SecretBytes
    private var nonce: UInt64 = 0
    private(set) var hash: [UInt8]

    private static var keyRange: Range<Int> { 64..<96 }
    static var tagByteCount: Int { 16 }

    init(protocolName: String) throws(NoiseError) {
        // A name of up to HASHLEN bytes is its own hash, padded with zeros.
        let name = Array(protocolName.utf8)
        hash = name + Array(repeating: 0, count: Blake2b.byteCount - name.count)
        do throws(AEADError) { secrets = try SecretBytes(count: 96) } catch { throw .outOfMemory }
        let initial = hash
        secrets.withUnsafeMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[..<64]).copyBytes(from: initial) }
    }

    private init(secrets: consuming SecretBytes, nonce: UInt64, hash: [UInt8]) {
        self.secrets = secrets
        self.nonce = nonce
        self.hash = hash
    }

    /// A second state to try a message on, so that a forged one leaves this one as it is.
    borrowing func duplicate() throws(NoiseError) -> NoiseSymmetricState {
        do throws(AEADError) {
            return NoiseSymmetricState(secrets: try secrets.copy(), nonce: nonce, hash: hash)
        } catch {
            throw .outOfMemory
        }
    }

    mutating func mixHash(_ data: some Collection<UInt8>) {
        hash = Blake2b.hash(hash + data)
    }

    /// - Parameter input: 32 bytes.
    mutating func mixKey(_ input: UnsafeRawBufferPointer) {
        let outputs = Blake2b.hkdf(chainingKey: chainingKey, input: SecretArray(copying: input), outputCount: 2)
        store(chainingKey: outputs[0], key: outputs[1])
    }

    mutating func mixKey(_ shared: borrowing SecretBytes) {
        shared.withUnsafeBytes { mixKey($0) }
    }

    /// - Parameter input: 32 bytes.
    mutating func mixKeyAndHash(_ input: UnsafeRawBufferPointer) {
        let outputs = Blake2b.hkdf(chainingKey: chainingKey, input: SecretArray(copying: input), outputCount: 3)
        mixHash(outputs[1].bytes)
        store(chainingKey: outputs[0], key: outputs[2])
    }

    private var chainingKey: SecretArray {
        secrets.withUnsafeBytes { SecretArray(copying: UnsafeRawBufferPointer(rebasing: $0[..<64])) }
    }

    private mutating func store(chainingKey: SecretArray, key: SecretArray) {
        secrets.withUnsafeMutableBytes { secrets in
            UnsafeMutableRawBufferPointer(rebasing: secrets[..<64]).copyBytes(from: chainingKey.bytes)
            UnsafeMutableRawBufferPointer(rebasing: secrets[Self.keyRange]).copyBytes(from: key.bytes[..<32])
        }
        nonce = 0
    }

    mutating func encryptAndHash(_ plaintext: [UInt8]) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: plaintext.count + Self.tagByteCount)
        withKey { key in
            _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                &sealed, nil, plaintext, UInt64(plaintext.count), hash, UInt64(hash.count), nil, nonceBytes, key)
        }
        nonce += 1
        mixHash(sealed)
        return sealed
    }

    mutating func decryptAndHash(_ sealed: ArraySlice<UInt8>) throws(NoiseError) -> [UInt8] {
        guard sealed.count >= Self.tagByteCount else { throw .notAuthentic }
        var plaintext = [UInt8](repeating: 0, count: sealed.count - Self.tagByteCount)
        let bytes = Array(sealed)
        let status = withKey { key in
            crypto_aead_chacha20poly1305_ietf_decrypt(
                &plaintext, nil, nil, bytes, UInt64(bytes.count), hash, UInt64(hash.count), nonceBytes, key)
        }
        guard status == 0 else { throw .notAuthentic }
        nonce += 1
        mixHash(bytes)
        return plaintext
    }

    /// The two transport keys: the initiator's to the responder, and back.
    borrowing func split() throws(NoiseError) -> NoiseTransportKeys {
        let outputs = Blake2b.hkdf(chainingKey: chainingKey, input: SecretArray(count: 0), outputCount: 2)
        do throws(AEADError) {
            return NoiseTransportKeys(
                toResponder: try SecretBytes(firstHalfOf: outputs[0]),
                toInitiator: try SecretBytes(firstHalfOf: outputs[1]))
        } catch {
            throw .outOfMemory
        }
    }

    private func withKey<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        secrets.withUnsafeBytePointer { body($0 + Self.keyRange.lowerBound) }
    }

    /// Four zero bytes and the counter, least byte first (section 12.3).
    private var nonceBytes: [UInt8] {
        [0, 0, 0, 0] + withUnsafeBytes(of: nonce.littleEndian) { Array($0) }
    }
}

/// What a finished handshake agrees on: 32 bytes a direction.
public struct NoiseTransportKeys: ~Copyable {
    public var toResponder: SecretBytes
    public var toInitiator: SecretBytes
}

extension SecretBytes {
    fileprivate init(firstHalfOf output: SecretArray) throws(AEADError) {
        try self.init(count: 32)
        withUnsafeMutableBytes { $0.copyBytes(from: output.bytes[..<32]) }
    }
}
