#if IPsecMB
    import CIPsecMB
    import CSodium

    /// A ChaCha20-Poly1305 key for IPsec-MB.
    @usableFromInline
    struct IPsecMBChaCha20Poly1305 {
        @usableFromInline let manager: UnsafePointer<IMB_MGR>
        @usableFromInline let key: UnsafeRawPointer

        /// - Parameter key: 32 bytes, which must outlive this value.
        init(_ library: IPsecMB, key: UnsafeRawPointer) {
            manager = library.manager
            self.key = key
        }

        @inlinable
        func seal(
            _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) {
            withContext(header, nonce) { context in
                cipsecmb_chacha20_poly1305_enc_update(manager, key, context, output, plaintext, UInt64(count))
                cipsecmb_chacha20_poly1305_enc_finalize(manager, context, output + count, UInt64(AEADKey.tagByteCount))
            }
        }

        @inlinable
        func open(
            _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) -> Bool {
            let textCount = count - AEADKey.tagByteCount
            var tag = ComputedTag(unlike: sealed + textCount)
            withContext(header, nonce) { context in
                cipsecmb_chacha20_poly1305_dec_update(manager, key, context, output, sealed, UInt64(textCount))
                cipsecmb_chacha20_poly1305_dec_finalize(manager, context, &tag, UInt64(AEADKey.tagByteCount))
            }
            return tag.matches(sealed + textCount, orWipe: output, count: textCount)
        }

        @inlinable
        func withContext(
            _ header: UnsafeRawBufferPointer, _ nonce: UnsafePointer<Nonce>,
            _ body: (UnsafeMutablePointer<chacha20_poly1305_context_data>?) -> Void
        ) {
            withUnsafeTemporaryAllocation(of: chacha20_poly1305_context_data.self, capacity: 1) { buffer in
                let context = buffer.baseAddress
                cipsecmb_chacha20_poly1305_init(manager, key, context, nonce, header.baseAddress, UInt64(header.count))
                body(context)
                // The library leaves the Poly1305 sum in the context, from which this nonce's Poly1305 key could be
                // computed.
                sodium_memzero(context, MemoryLayout<chacha20_poly1305_context_data>.size)
            }
        }
    }
#endif
