import CSodium
import SealaneAEAD

/// Why a handshake message was refused. Says nothing of the bytes: to a stranger nothing is said at all.
package enum NoiseError: Error, Equatable, Sendable {
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
        withWipedMemory(byteCount: 2 * Blake2b.byteCount) { outputs in
            expand(input, into: outputs)
            // The second output's first half is the key (section 5.2), and comes right behind the chaining key.
            store(UnsafeRawBufferPointer(rebasing: outputs[..<Self.keyRange.upperBound]), at: 0)
        }
        nonce = 0
    }

    mutating func mixKey(_ shared: borrowing SecretBytes) {
        shared.withUnsafeBytes { mixKey($0) }
    }

    /// - Parameter input: 32 bytes.
    mutating func mixKeyAndHash(_ input: UnsafeRawBufferPointer) {
        withWipedMemory(byteCount: 3 * Blake2b.byteCount) { outputs in
            expand(input, into: outputs)
            mixHash(outputs[64..<128])
            store(UnsafeRawBufferPointer(rebasing: outputs[..<64]), at: 0)
            store(UnsafeRawBufferPointer(rebasing: outputs[128..<160]), at: Self.keyRange.lowerBound)
        }
        nonce = 0
    }

    /// HKDF of the chaining key and `input`.
    private borrowing func expand(_ input: UnsafeRawBufferPointer, into outputs: UnsafeMutableRawBufferPointer) {
        secrets.withUnsafeBytes { secrets in
            Blake2b.hkdf(
                chainingKey: UnsafeRawBufferPointer(rebasing: secrets[..<64]), input: input, into: outputs)
        }
    }

    private mutating func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        secrets.withUnsafeMutableBytes { secrets in
            UnsafeMutableRawBufferPointer(rebasing: secrets[offset...]).copyMemory(from: bytes)
        }
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

    /// 32 bytes that only the two ends can make, of what was said up to here: a key for `purpose`. Says nothing of keys to come.
    borrowing func key(for purpose: String) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: 32)
        let message = Array(purpose.utf8) + hash
        secrets.withUnsafeBytePointer { chainingKey in
            _ = crypto_generichash(
                &key, key.count, message, UInt64(message.count), chainingKey, Blake2b.byteCount)
        }
        return key
    }

    /// The two transport keys: the initiator's to the responder, and back.
    borrowing func split() throws(NoiseError) -> NoiseTransportKeys {
        do throws(AEADError) {
            var keys = NoiseTransportKeys(
                toResponder: try SecretBytes(count: 32), toInitiator: try SecretBytes(count: 32))
            withWipedMemory(byteCount: 2 * Blake2b.byteCount) { outputs in
                expand(UnsafeRawBufferPointer(start: nil, count: 0), into: outputs)
                keys.toResponder.withUnsafeMutableBytes {
                    $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: outputs[..<32]))
                }
                keys.toInitiator.withUnsafeMutableBytes {
                    $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: outputs[64..<96]))
                }
            }
            return keys
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
package struct NoiseTransportKeys: ~Copyable {
    package var toResponder: SecretBytes
    package var toInitiator: SecretBytes
}
