import SealaneAEAD
import Testing

@Suite("Choosing a provider")
struct AEADProviderTests {
    private let usable: Result<String, AEADError> = .success("IPsec-MB 9.9 on an abacus")
    private static let problems: [AEADError] = [
        .providerNotBuiltIn(.ipsecMB), .providerUnavailable(.ipsecMB),
        .providerFailed(.ipsecMB, "error 2051, self-test failed"),
        .providerDisagrees(.ipsecMB, .aes256GCM, .sealing(byteCount: 17, headerByteCount: 16, inPlace: true)),
    ]

    @Test("a selected libsodium is chosen without inspecting IPsec-MB")
    func libsodium() throws {
        let choice = try AEADProvider.choose(.libsodium) {
            Issue.record("IPsec-MB was inspected")
            return usable
        }
        #expect(choice.provider == .libsodium)
        #expect(choice.reason == "as configured")
    }

    @Test("a selected and usable IPsec-MB is chosen, and the reason names its instructions")
    func wantedAndUsable() throws {
        let choice = try AEADProvider.choose(.ipsecMB) { usable }
        #expect(choice.provider == .ipsecMB)
        #expect(choice.reason == "IPsec-MB 9.9 on an abacus")
    }

    @Test("selecting an unusable IPsec-MB is an error that says why", arguments: problems)
    func wantedAndNotUsable(problem: AEADError) {
        #expect(throws: problem) { try AEADProvider.choose(.ipsecMB) { .failure(problem) } }
        #expect("\(problem)".hasPrefix("ipsec-mb is not "))
    }

    #if NoCipher
        @Test("without a selection, a benchmark build encrypts nothing, and says so")
        func noCipher() throws {
            let choice = try AEADProvider.choose(nil) { usable }
            #expect(choice.provider == .noCipher)
            #expect(choice.reason == "this build encrypts nothing: it is for benchmarks only")
            let bytes = [UInt8](repeating: 1, count: 32)
            for suite in CipherSuite.allCases {
                let key = try AEADKey(ProvidedSuite(provider: .noCipher, suite: suite), bytes: bytes)
                let sealed = key.sealed(bytes, header: [], nonce: Nonce(bigEndianCounter: 1))
                #expect(sealed == bytes + [UInt8](repeating: 0, count: 16))
                var output = [UInt8](repeating: 0xEE, count: 48)
                let accepted = key.open(sealed, into: &output, header: [9], nonce: Nonce(bigEndianCounter: 2))
                #expect(accepted)
                #expect(output == bytes + [UInt8](repeating: 0xEE, count: 16))
            }
        }
    #else
        @Test("without a selection, a usable IPsec-MB is chosen")
        func autoUsable() throws {
            let choice = try AEADProvider.choose(nil) { usable }
            #expect(choice.provider == .ipsecMB)
            #expect(choice.reason == "IPsec-MB 9.9 on an abacus")
        }

        @Test(
            "without a selection and without a usable IPsec-MB, libsodium is chosen, and the reason says why",
            arguments: problems)
        func autoNotUsable(problem: AEADError) throws {
            let choice = try AEADProvider.choose(nil) { .failure(problem) }
            #expect(choice.provider == .libsodium)
            #expect(choice.reason == "\(problem)")
        }

        @Test("there are two providers, and no build without a cipher")
        func noOther() {
            #expect(AEADProvider.allCases.map(\.rawValue) == ["libsodium", "ipsec-mb"])
        }
    #endif

    @Test("an operator may select either provider in every build")
    func wanted() {
        #expect(AEADProvider.selectable.map(\.rawValue) == ["libsodium", "ipsec-mb"])
    }

    @Test("on this machine IPsec-MB is usable or missing: it never fails or differs from libsodium")
    func here() throws {
        switch AEADProvider.inspectIPsecMB() {
        case .success(let summary):
            #expect(summary.contains(#/^IPsec-MB \d+\.\d+\.\d+ on (SSE|AVX|AVX2|AVX-512)( with VAES)?$/#))
            #expect(try AEADProvider.choose(.ipsecMB).provider == .ipsecMB)
        case .failure(let error):
            #expect([.providerNotBuiltIn(.ipsecMB), .providerUnavailable(.ipsecMB)].contains(error))
            #expect(throws: error) { try AEADProvider.choose(.ipsecMB) }
            for suite in CipherSuite.allCases {
                #expect(throws: error) {
                    _ = try AEADKey(suite: suite, key: SecretBytes(count: 32), provider: .ipsecMB)
                }
            }
        }
    }
}
