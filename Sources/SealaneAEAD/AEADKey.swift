/// A key of one cipher suite, expanded once and then used for every packet.
///
/// Sealing and opening only read the key, so several threads may borrow one. They allocate nothing, throw nothing and
/// work in
/// memory that the caller owns. They do not count packets: the caller must never reuse a nonce, and must stop before
/// the
/// suite's limits.
public struct AEADKey: ~Copyable, @unchecked Sendable {
    @usableFromInline enum Cipher {
        case sodium(SodiumCipher)
        case ipsecMB(IPsecMBCipher)
        #if NoCipher
            case none(NoCipher)
        #endif
    }

    /// Its pointers are into `memory`.
    @usableFromInline let cipher: Cipher
    private let memory: SecretBytes
    public let suite: CipherSuite

    /// 32, in every suite.
    @inlinable public static var keyByteCount: Int { 32 }
    /// 16, in every suite: the bytes that sealing adds.
    @inlinable public static var tagByteCount: Int { 16 }

    /// Expands `key`, which must be 32 bytes, into guarded memory of its own, for `provider`'s code. Throws
    /// `suiteUnavailable`
    /// and the `provider...` errors if that code is missing or does not run on this processor.
    public init(
        suite: CipherSuite, key: borrowing SecretBytes, provider: AEADProvider = .libsodium
    ) throws(AEADError) {
        guard key.count == Self.keyByteCount else { throw .keyByteCount(key.count) }
        switch provider {
        case .libsodium:
            let memory = try SodiumCipher.allocateMemory(for: suite)
            self.init(.sodium(SodiumCipher(suite: suite, key: key, in: memory)), memory, suite)
        case .ipsecMB:
            #if IPsecMB
                let memory = try IPsecMBCipher.allocateMemory(for: suite)
                self.init(.ipsecMB(try IPsecMBCipher(suite: suite, key: key, in: memory)), memory, suite)
            #else
                throw .providerNotBuiltIn(provider)
            #endif
        #if NoCipher
            case .noCipher:
                let memory = try NoCipher.allocateMemory(for: suite)
                self.init(.none(NoCipher(suite: suite, key: key, in: memory)), memory, suite)
        #endif
        }
    }

    private init(_ cipher: Cipher, _ memory: consuming SecretBytes, _ suite: CipherSuite) {
        self.cipher = cipher
        self.memory = memory
        self.suite = suite
    }

    /// Seals the `count` bytes at `plaintext` and authenticates `header` with them.
    ///
    /// Writes `count + 16` bytes at `output`: the ciphertext, then the tag. `output` may be `plaintext` itself, with
    /// room for the
    /// tag after it; otherwise the two must not overlap. `count` must not be negative.
    @inlinable
    public borrowing func seal(
        _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: Nonce,
        into output: UnsafeMutableRawPointer
    ) {
        withUnsafePointer(to: nonce) { nonce in
            switch cipher {
            case .sodium(let cipher):
                cipher.seal(plaintext, count: count, header: header, nonce: nonce, into: output)
            case .ipsecMB(let cipher):
                cipher.seal(plaintext, count: count, header: header, nonce: nonce, into: output)
            #if NoCipher
                case .none(let cipher):
                    cipher.seal(plaintext, count: count, header: header, nonce: nonce, into: output)
            #endif
            }
        }
    }

    /// Opens the `count` bytes at `sealed`, ciphertext and tag, which must have been sealed with this key, this
    /// `header` and this
    /// `nonce`.
    ///
    /// True: `count - 16` bytes of plaintext are at `output`. False: the packet is forged, damaged or shorter than a
    /// tag, and
    /// `output` holds no plaintext. If the packet is no shorter than a tag, the `count - 16` bytes at `output` are then
    /// zero;
    /// otherwise nothing was written. `output` may be `sealed` itself, which loses the ciphertext in both cases;
    /// otherwise the two
    /// must not overlap.
    @inlinable
    public borrowing func open(
        _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: Nonce,
        into output: UnsafeMutableRawPointer
    ) -> Bool {
        guard count >= Self.tagByteCount else { return false }
        return withUnsafePointer(to: nonce) { nonce in
            switch cipher {
            case .sodium(let cipher):
                cipher.open(sealed, count: count, header: header, nonce: nonce, into: output)
            case .ipsecMB(let cipher):
                cipher.open(sealed, count: count, header: header, nonce: nonce, into: output)
            #if NoCipher
                case .none(let cipher):
                    cipher.open(sealed, count: count, header: header, nonce: nonce, into: output)
            #endif
            }
        }
    }
}
