#if NoCipher
    /// Encrypts nothing and accepts everything: shows what a tunnel costs without a cipher. For benchmarks only.
    @usableFromInline struct NoCipher: ProvidedCipher {
        @usableFromInline static func allocateMemory(for suite: CipherSuite) throws(AEADError) -> SecretBytes {
            try SecretBytes(count: 0)
        }

        @usableFromInline init(suite: CipherSuite, key: borrowing SecretBytes, in memory: borrowing SecretBytes) {}

        @inlinable func seal(
            _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) {
            if UnsafeRawPointer(output) != plaintext { output.copyMemory(from: plaintext, byteCount: count) }
            (output + count).initializeMemory(as: UInt8.self, repeating: 0, count: AEADKey.tagByteCount)
        }

        @inlinable func open(
            _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) -> Bool {
            if UnsafeRawPointer(output) != sealed {
                output.copyMemory(from: sealed, byteCount: count - AEADKey.tagByteCount)
            }
            return true
        }
    }
#endif
