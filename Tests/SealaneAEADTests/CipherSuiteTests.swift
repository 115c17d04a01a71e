import SealaneAEAD
import Testing

@Suite("Cipher suites")
struct CipherSuiteTests {
    @Test("AES-256-GCM comes first if the processor has AES")
    func withAES() {
        #expect(CipherSuite.available(aesSupported: true) == [.aes256GCM, .chaCha20Poly1305])
    }

    @Test("AES-256-GCM is not offered if the processor lacks AES")
    func withoutAES() {
        #expect(CipherSuite.available(aesSupported: false) == [.chaCha20Poly1305])
    }

    @Test("a key can be made for every available suite and for no other", arguments: CipherSuite.allCases)
    func availability(suite: CipherSuite) throws {
        let secret = try SecretBytes(count: AEADKey.keyByteCount)
        if CipherSuite.available.contains(suite) {
            let key = try AEADKey(suite: suite, key: secret)
            #expect(key.suite == suite)
        } else {
            #expect(throws: AEADError.suiteUnavailable(suite)) {
                _ = try AEADKey(suite: suite, key: SecretBytes(count: AEADKey.keyByteCount))
            }
        }
    }

    @Test("suites have the protocol's numbers and names")
    func wire() {
        #expect(CipherSuite.aes256GCM.rawValue == 1)
        #expect(CipherSuite.chaCha20Poly1305.rawValue == 2)
        #expect(CipherSuite.allCases.map(\.description) == ["AES-256-GCM", "ChaCha20-Poly1305"])
        #expect(CipherSuite(rawValue: 0) == nil)
        #expect(CipherSuite(rawValue: 3) == nil)
    }
}
