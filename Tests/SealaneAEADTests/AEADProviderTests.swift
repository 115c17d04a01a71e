import SealaneAEAD
import Testing

@Suite("Choosing a provider")
struct AEADProviderTests {
    private let usable: Result<String, AEADError> = .success("IPsec-MB 9.9 on an abacus")
    private static let obstacles: [AEADError] = [
        .providerNotBuiltIn(.ipsecMB), .providerUnavailable(.ipsecMB),
        .providerFailed(.ipsecMB, "error 2051, self-test failed"),
        .providerDisagrees(.ipsecMB, .aes256GCM, .sealing(byteCount: 17, headerByteCount: 16, inPlace: true)),
    ]

    @Test("libsodium is taken where it is wanted, without a look at IPsec-MB")
    func libsodium() throws {
        let choice = try AEADProvider.choose(.libsodium) {
            Issue.record("IPsec-MB was inspected")
            return usable
        }
        #expect(choice.provider == .libsodium)
        #expect(choice.reason == "as configured")
    }

    @Test("IPsec-MB is taken where it is wanted and usable, with what it runs on as the reason")
    func wantedAndUsable() throws {
        let choice = try AEADProvider.choose(.ipsecMB) { usable }
        #expect(choice.provider == .ipsecMB)
        #expect(choice.reason == "IPsec-MB 9.9 on an abacus")
    }

    @Test("wanting IPsec-MB where it is not usable is an error that says why", arguments: obstacles)
    func wantedAndNotUsable(obstacle: AEADError) {
        #expect(throws: obstacle) { try AEADProvider.choose(.ipsecMB) { .failure(obstacle) } }
        #expect("\(obstacle)".hasPrefix("ipsec-mb is not "))
    }

    #if NoCipher
        @Test("a build for benchmarks chooses by itself to encrypt nothing, and says so")
        func noCipher() throws {
            let choice = try AEADProvider.choose(.auto) { usable }
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
        @Test("left to itself, the program takes IPsec-MB where it is usable")
        func autoUsable() throws {
            let choice = try AEADProvider.choose(.auto) { usable }
            #expect(choice.provider == .ipsecMB)
            #expect(choice.reason == "IPsec-MB 9.9 on an abacus")
        }

        @Test(
            "left to itself, the program takes libsodium where IPsec-MB is not usable, and says why",
            arguments: obstacles)
        func autoNotUsable(obstacle: AEADError) throws {
            let choice = try AEADProvider.choose(.auto) { .failure(obstacle) }
            #expect(choice.provider == .libsodium)
            #expect(choice.reason == "\(obstacle)")
        }

        @Test("there are two providers, and no way to have none")
        func noOther() {
            #expect(AEADProvider.allCases.map(\.rawValue) == ["libsodium", "ipsec-mb"])
        }
    #endif

    @Test("an operator may want either provider or none in particular, in every build")
    func wanted() {
        #expect(AEADProvider.Wanted.allCases.map(\.rawValue) == ["auto", "libsodium", "ipsec-mb"])
    }

    @Test("on this machine IPsec-MB is usable, or not there at all: it never fails or differs from libsodium")
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
