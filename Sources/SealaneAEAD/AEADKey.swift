import CSodium

/// A key of one cipher suite, expanded once and then used for every packet.
///
/// Sealing and opening only read the key, so several threads may borrow one. They allocate nothing, throw nothing and
/// work in memory that the caller owns. They do not count: never reusing a nonce, and stopping before a suite's limits,
/// is up to the caller.
public struct AEADKey: ~Copyable, @unchecked Sendable {
    /// The code that runs the suite, with what it precomputed. The pointers are into `memory`.
    @usableFromInline
    enum Provider {
        case sodiumAES256GCM(UnsafePointer<crypto_aead_aes256gcm_state>)
        case sodiumChaCha20Poly1305(UnsafePointer<UInt8>)
    }

    @usableFromInline let provider: Provider
    private let memory: SecretBytes
    public let suite: CipherSuite

    /// 32, in every suite.
    @inlinable public static var keyByteCount: Int { 32 }
    /// 16, in every suite: what sealing adds.
    @inlinable public static var tagByteCount: Int { 16 }

    /// Expands `key`, which must be 32 bytes, into guarded memory of its own.
    public init(suite: CipherSuite, key: borrowing SecretBytes) throws(AEADError) {
        guard key.count == Self.keyByteCount else { throw .keyByteCount(key.count) }
        // Guarded memory ends where a page does, so it is aligned to 16 where its size is a multiple of 16: both are.
        let memory: SecretBytes
        switch suite {
        case .aes256GCM:
            guard Libsodium.hasAES256GCM else { throw .suiteUnavailable(suite) }
            memory = try SecretBytes(count: crypto_aead_aes256gcm_statebytes())
            let state = memory.pointer.bindMemory(to: crypto_aead_aes256gcm_state.self, capacity: 1)
            crypto_aead_aes256gcm_beforenm(state, key.pointer)
            provider = .sodiumAES256GCM(state)
        case .chaCha20Poly1305:
            memory = try key.withUnsafeBytes { (bytes) throws(AEADError) in try SecretBytes(copying: bytes) }
            provider = .sodiumChaCha20Poly1305(memory.pointer.bindMemory(to: UInt8.self, capacity: memory.count))
        }
        self.memory = memory
        self.suite = suite
    }

    /// Seals the `count` bytes at `plaintext` and authenticates `header` with them.
    ///
    /// Writes `count + 16` bytes at `output`: the ciphertext, then the tag. `output` may be `plaintext` itself, with
    /// room for the tag behind it; otherwise the two must not overlap. `count` must not be negative.
    @inlinable
    public borrowing func seal(
        _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: Nonce,
        into output: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: nonce) { nonce in
            switch provider {
            case .sodiumAES256GCM(let state):
                _ = crypto_aead_aes256gcm_encrypt_afternm(
                    output, nil, plaintext, UInt64(count), header.baseAddress, UInt64(header.count), nil,
                    UnsafeRawPointer(nonce), state)
            case .sodiumChaCha20Poly1305(let key):
                _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                    output, nil, plaintext, UInt64(count), header.baseAddress, UInt64(header.count), nil,
                    UnsafeRawPointer(nonce), key)
            }
        }
    }

    /// Opens the `count` bytes at `sealed`, ciphertext and tag, which must have been sealed with this key, this
    /// `header` and this `nonce`.
    ///
    /// True: `count - 16` bytes of plaintext are at `output`. False: the packet is forged, damaged or shorter than a
    /// tag, and `output` holds no plaintext: of a packet no shorter than a tag, the `count - 16` bytes at `output` are
    /// zero; of a shorter one, nothing is written. `output` may be `sealed` itself, whose ciphertext is then gone
    /// either way; otherwise the two must not overlap.
    @inlinable
    public borrowing func open(
        _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: Nonce,
        into output: UnsafeMutableRawPointer
    ) -> Bool {
        guard count >= Self.tagByteCount else { return false }
        return withUnsafePointer(to: nonce) { nonce in
            switch provider {
            case .sodiumAES256GCM(let state):
                crypto_aead_aes256gcm_decrypt_afternm(
                    output, nil, nil, sealed, UInt64(count), header.baseAddress, UInt64(header.count),
                    UnsafeRawPointer(nonce), state) == 0
            case .sodiumChaCha20Poly1305(let key):
                crypto_aead_chacha20poly1305_ietf_decrypt(
                    output, nil, nil, sealed, UInt64(count), header.baseAddress, UInt64(header.count),
                    UnsafeRawPointer(nonce), key) == 0
            }
        }
    }
}
