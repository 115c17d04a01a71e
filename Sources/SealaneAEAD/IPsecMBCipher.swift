#if IPsecMB
    /// IPsec-MB's cipher suites.
    @usableFromInline enum IPsecMBCipher: ProvidedCipher {
        case aes256GCM(IPsecMBAES256GCM)
        case chaCha20Poly1305(IPsecMBChaCha20Poly1305)

        @usableFromInline static func allocateMemory(for suite: CipherSuite) throws(AEADError) -> SecretBytes {
            switch suite {
            case .aes256GCM: try SecretBytes(count: IPsecMBAES256GCM.expandedByteCount)
            case .chaCha20Poly1305: try SecretBytes(count: AEADKey.keyByteCount)
            }
        }

        @usableFromInline init(suite: CipherSuite, key: borrowing SecretBytes, in memory: borrowing SecretBytes)
            throws(AEADError)
        {
            let library = try IPsecMB.loaded.get()
            switch suite {
            case .aes256GCM:
                self = .aes256GCM(IPsecMBAES256GCM(library, key: key.pointer, into: memory.pointer))
            case .chaCha20Poly1305:
                memory.pointer.copyMemory(from: key.pointer, byteCount: AEADKey.keyByteCount)
                self = .chaCha20Poly1305(IPsecMBChaCha20Poly1305(library, key: memory.pointer))
            }
        }

        @inlinable func seal(
            _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) {
            switch self {
            case .aes256GCM(let key): key.seal(plaintext, count: count, header: header, nonce: nonce, into: output)
            case .chaCha20Poly1305(let key):
                key.seal(plaintext, count: count, header: header, nonce: nonce, into: output)
            }
        }

        @inlinable func open(
            _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) -> Bool {
            switch self {
            case .aes256GCM(let key): key.open(sealed, count: count, header: header, nonce: nonce, into: output)
            case .chaCha20Poly1305(let key):
                key.open(sealed, count: count, header: header, nonce: nonce, into: output)
            }
        }
    }
#else
    /// This build has no IPsec-MB, so no value of this type exists.
    @usableFromInline enum IPsecMBCipher {
        @inlinable func seal(
            _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) {}

        @inlinable func open(
            _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) -> Bool { switch self {} }
    }
#endif
