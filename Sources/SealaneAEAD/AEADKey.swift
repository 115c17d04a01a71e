import CSodium

/// A key of one cipher suite, expanded once and then used for every packet.
///
/// Sealing and opening only read the key, so several threads may borrow one. They allocate nothing, throw nothing and
/// work in memory that the caller owns. They do not count: never reusing a nonce, and stopping before a suite's limits,
/// is up to the caller.
public struct AEADKey: ~Copyable, @unchecked Sendable {
    /// The code that runs the suite, with what it precomputed. The pointers are into `memory`.
    @usableFromInline
    enum Cipher {
        case sodiumAES256GCM(UnsafePointer<crypto_aead_aes256gcm_state>)
        case sodiumChaCha20Poly1305(UnsafePointer<UInt8>)
        #if IPsecMB
            case ipsecMBAES256GCM(IPsecMBAES256GCM)
            case ipsecMBChaCha20Poly1305(IPsecMBChaCha20Poly1305)
        #endif
        #if NoCipher
            case none
        #endif
    }

    @usableFromInline let cipher: Cipher
    private let memory: SecretBytes
    public let suite: CipherSuite

    /// 32, in every suite.
    @inlinable public static var keyByteCount: Int { 32 }
    /// 16, in every suite: what sealing adds.
    @inlinable public static var tagByteCount: Int { 16 }

    /// Expands `key`, which must be 32 bytes, into guarded memory of its own, for `provider`'s code. Throws
    /// `suiteUnavailable` and the `provider...` errors where that code is not there or does not run on this processor.
    public init(
        suite: CipherSuite, key: borrowing SecretBytes, provider: AEADProvider = .libsodium
    ) throws(AEADError) {
        guard key.count == Self.keyByteCount else { throw .keyByteCount(key.count) }
        // Both libraries want their expanded keys aligned, to 16 and 64 bytes: a secret of such a size is.
        let memory: SecretBytes
        switch (provider, suite) {
        case (.libsodium, .aes256GCM):
            guard Libsodium.hasAES256GCM else { throw .suiteUnavailable(suite) }
            memory = try SecretBytes(count: crypto_aead_aes256gcm_statebytes())
            let state = memory.pointer.bindMemory(to: crypto_aead_aes256gcm_state.self, capacity: 1)
            crypto_aead_aes256gcm_beforenm(state, key.pointer)
            cipher = .sodiumAES256GCM(state)
        case (.libsodium, .chaCha20Poly1305):
            memory = try key.copy()
            cipher = .sodiumChaCha20Poly1305(memory.pointer.bindMemory(to: UInt8.self, capacity: memory.count))
        case (.ipsecMB, .aes256GCM):
            #if IPsecMB
                let library = try IPsecMB.loaded.get()
                memory = try SecretBytes(count: IPsecMBAES256GCM.expandedByteCount)
                cipher = .ipsecMBAES256GCM(IPsecMBAES256GCM(library, key: key.pointer, into: memory.pointer))
            #else
                throw .providerNotBuiltIn(provider)
            #endif
        case (.ipsecMB, .chaCha20Poly1305):
            #if IPsecMB
                let library = try IPsecMB.loaded.get()
                memory = try key.copy()
                cipher = .ipsecMBChaCha20Poly1305(IPsecMBChaCha20Poly1305(library, key: memory.pointer))
            #else
                throw .providerNotBuiltIn(provider)
            #endif
        #if NoCipher
            case (.noCipher, _):
                memory = try SecretBytes(count: 0)
                cipher = .none
        #endif
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
            switch cipher {
            case .sodiumAES256GCM(let state):
                _ = crypto_aead_aes256gcm_encrypt_afternm(
                    output, nil, plaintext, UInt64(count), header.baseAddress, UInt64(header.count), nil,
                    UnsafeRawPointer(nonce), state)
            case .sodiumChaCha20Poly1305(let key):
                _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                    output, nil, plaintext, UInt64(count), header.baseAddress, UInt64(header.count), nil,
                    UnsafeRawPointer(nonce), key)
            #if IPsecMB
                case .ipsecMBAES256GCM(let cipher):
                    cipher.seal(plaintext, count: count, header: header, nonce: nonce, into: output)
                case .ipsecMBChaCha20Poly1305(let cipher):
                    cipher.seal(plaintext, count: count, header: header, nonce: nonce, into: output)
            #endif
            #if NoCipher
                case .none:
                    if UnsafeRawPointer(output) != plaintext {
                        output.copyMemory(from: plaintext, byteCount: count)
                    }
                    (output + count).initializeMemory(as: UInt8.self, repeating: 0, count: Self.tagByteCount)
            #endif
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
            switch cipher {
            case .sodiumAES256GCM(let state):
                return crypto_aead_aes256gcm_decrypt_afternm(
                    output, nil, nil, sealed, UInt64(count), header.baseAddress, UInt64(header.count),
                    UnsafeRawPointer(nonce), state) == 0
            case .sodiumChaCha20Poly1305(let key):
                return crypto_aead_chacha20poly1305_ietf_decrypt(
                    output, nil, nil, sealed, UInt64(count), header.baseAddress, UInt64(header.count),
                    UnsafeRawPointer(nonce), key) == 0
            #if IPsecMB
                case .ipsecMBAES256GCM(let cipher):
                    return cipher.open(sealed, count: count, header: header, nonce: nonce, into: output)
                case .ipsecMBChaCha20Poly1305(let cipher):
                    return cipher.open(sealed, count: count, header: header, nonce: nonce, into: output)
            #endif
            #if NoCipher
                case .none:
                    if UnsafeRawPointer(output) != sealed {
                        output.copyMemory(from: sealed, byteCount: count - Self.tagByteCount)
                    }
                    return true
            #endif
            }
        }
    }
}
