#if IPsecMB
    import CIPsecMB

    /// An AES-256-GCM key in IPsec-MB's expanded form.
    @usableFromInline
    struct IPsecMBAES256GCM {
        @usableFromInline let manager: UnsafePointer<IMB_MGR>
        @usableFromInline let key: UnsafePointer<gcm_key_data>

        /// A multiple of 64, the library's alignment of keys.
        static var expandedByteCount: Int { (MemoryLayout<gcm_key_data>.size + 63) & ~63 }

        /// Expands the 32 bytes at `key` into `memory`: `expandedByteCount` bytes, aligned to 64, which must outlive
        /// this value.
        init(_ library: IPsecMB, key: UnsafeRawPointer, into memory: UnsafeMutableRawPointer) {
            let expanded = memory.bindMemory(to: gcm_key_data.self, capacity: 1)
            cipsecmb_aes256_gcm_pre(library.manager, key, expanded)
            self.key = UnsafePointer(expanded)
            manager = library.manager
        }

        // The library itself clears the secret parts of a GCM context.

        @inlinable
        func seal(
            _ plaintext: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) {
            withUnsafeTemporaryAllocation(of: gcm_context_data.self, capacity: 1) { context in
                cipsecmb_aes256_gcm_enc(
                    manager, key, context.baseAddress, output, plaintext, UInt64(count), nonce, header.baseAddress,
                    UInt64(header.count), output + count, UInt64(AEADKey.tagByteCount))
            }
        }

        @inlinable
        func open(
            _ sealed: UnsafeRawPointer, count: Int, header: UnsafeRawBufferPointer, nonce: UnsafePointer<Nonce>,
            into output: UnsafeMutableRawPointer
        ) -> Bool {
            let textCount = count - AEADKey.tagByteCount
            var tag = ComputedTag(unlike: sealed + textCount)
            withUnsafeTemporaryAllocation(of: gcm_context_data.self, capacity: 1) { context in
                cipsecmb_aes256_gcm_dec(
                    manager, key, context.baseAddress, output, sealed, UInt64(textCount), nonce, header.baseAddress,
                    UInt64(header.count), &tag, UInt64(AEADKey.tagByteCount))
            }
            return tag.matches(sealed + textCount, orWipe: output, count: textCount)
        }
    }
#endif
