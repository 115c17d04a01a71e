#if IPsecMB
    import CIPsecMB

    /// The library as a whole: its table of functions, filled in once for this processor and only read afterwards.
    ///
    /// Only its direct API is used, which does not write to the table, so threads share it. Each call does write a
    /// process-wide error number, which nothing here reads: lanes on several processors pass that cache line back and
    /// forth.
    struct IPsecMB: @unchecked Sendable {
        /// Never freed: keys refer to it.
        let manager: UnsafePointer<IMB_MGR>

        /// Loads on first use, once, on whichever thread comes first.
        static let loaded = Result { () throws(AEADError) in try IPsecMB() }

        private init() throws(AEADError) {
            guard let manager = alloc_mb_mgr(0) else { throw Self.failure(imb_get_errno(nil)) }
            let features = manager.pointee.features
            // Without these, the library computes AES in software.
            let needed = UInt64(IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ)
            guard features & needed == needed else { throw .providerUnavailable(.ipsecMB) }
            // With SAFE_DATA, the library clears registers, stack and contexts of keys and keystream.
            guard features & UInt64(IMB_FEATURE_SAFE_DATA) != 0 else {
                throw .providerFailed(.ipsecMB, "the library was built without SAFE_DATA, so it leaves secrets behind")
            }
            // Also runs the library's self-test.
            init_mb_mgr_auto(manager, nil)
            guard manager.pointee.imb_errno == 0 else { throw Self.failure(manager.pointee.imb_errno) }
            self.manager = UnsafePointer(manager)
        }

        private static func failure(_ number: CInt) -> AEADError {
            .providerFailed(.ipsecMB, "error \(number), \(imb_get_strerror(number).map { String(cString: $0) } ?? "?")")
        }

        /// For example "IPsec-MB 1.3.0 on AVX-512 with VAES".
        var summary: String {
            let version = imb_get_version_str().map { String(cString: $0) } ?? "?"
            let instructions =
                switch IMB_ARCH(manager.pointee.used_arch) {
                case IMB_ARCH_AVX512: "AVX-512"
                case IMB_ARCH_AVX2: "AVX2"
                case IMB_ARCH_AVX: "AVX"
                default: "SSE"
                }
            let hasVAES = manager.pointee.features & UInt64(IMB_FEATURE_VAES) != 0
            return "IPsec-MB \(version) on \(instructions)\(hasVAES ? " with VAES" : "")"
        }
    }
#endif
