import CSodium

/// libsodium's cipher suites.
@usableFromInline enum SodiumCipher: ProvidedCipher {
    case aes256GCM(UnsafePointer<crypto_aead_aes256gcm_state>)
    /// The key itself: 32 bytes.
    case chaCha20Poly1305(UnsafePointer<UInt8>)

    @usableFromInline static func allocateMemory(for suite: CipherSuite) throws(AEADError) -> SecretBytes {
        switch suite {
        case .aes256GCM:
            guard Libsodium.hasAES256GCM else { throw .suiteUnavailable(suite) }
            // A secret of this size is aligned to 64 bytes; libsodium needs 16.
            return try SecretBytes(count: crypto_aead_aes256gcm_statebytes())
        case .chaCha20Poly1305:
            return try SecretBytes(count: AEADKey.keyByteCount)
        }
    }

    @usableFromInline init(suite: CipherSuite, key: borrowing SecretBytes, in memory: borrowing SecretBytes) {
        switch suite {
        case .aes256GCM:
            let state = memory.pointer.bindMemory(to: crypto_aead_aes256gcm_state.self, capacity: 1)
            crypto_aead_aes256gcm_beforenm(state, key.pointer)
            self = .aes256GCM(state)
        case .chaCha20Poly1305:
            memory.pointer.copyMemory(from: key.pointer, byteCount: AEADKey.keyByteCount)
            self = .chaCha20Poly1305(memory.pointer.bindMemory(to: UInt8.self, capacity: AEADKey.keyByteCount))
        }
    }

    @inlinable func seal(
        _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
        into output: UnsafeMutableRawPointer
    ) {
        switch self {
        case .aes256GCM(let state):
            _ = crypto_aead_aes256gcm_encrypt_afternm(
                output, nil, plaintext, UInt64(count), header.baseAddress, UInt64(header.count), nil,
                UnsafeRawPointer(nonce), state)
        case .chaCha20Poly1305(let key):
            _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                output, nil, plaintext, UInt64(count), header.baseAddress, UInt64(header.count), nil,
                UnsafeRawPointer(nonce), key)
        }
    }

    @inlinable func open(
        _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
        into output: UnsafeMutableRawPointer
    ) -> Bool {
        switch self {
        case .aes256GCM(let state):
            crypto_aead_aes256gcm_decrypt_afternm(
                output, nil, nil, sealed, UInt64(count), header.baseAddress, UInt64(header.count),
                UnsafeRawPointer(nonce), state) == 0
        case .chaCha20Poly1305(let key):
            crypto_aead_chacha20poly1305_ietf_decrypt(
                output, nil, nil, sealed, UInt64(count), header.baseAddress, UInt64(header.count),
                UnsafeRawPointer(nonce), key) == 0
        }
    }
}
