import SealaneAEAD
import Testing

@Suite("Comparing two keys")
struct AEADComparisonTests {
    private let bytes: [UInt8] = (0..<32).map { $0 &* 3 }

    @Test("every provider agrees with libsodium, and libsodium with it", arguments: ProvidedSuite.available)
    func agreement(suite: ProvidedSuite) throws {
        let reference = try AEADKey(ProvidedSuite(provider: .libsodium, suite: suite.suite), bytes: bytes)
        let key = try AEADKey(suite, bytes: bytes)
        let forwards = key.firstDisagreement(with: reference)
        let backwards = reference.firstDisagreement(with: key)
        #expect(forwards == nil)
        #expect(backwards == nil)
    }

    @Test("a key with one different bit disagrees at the first packet", arguments: ProvidedSuite.available)
    func otherKey(suite: ProvidedSuite) throws {
        var altered = bytes
        altered[31] ^= 0x80
        let found = try AEADKey(suite, bytes: bytes).firstDisagreement(with: AEADKey(suite, bytes: altered))
        #expect(found == .sealing(byteCount: 0, headerByteCount: 16, inPlace: false))
    }

    @Test("a disagreement's text says how to reproduce it")
    func words() {
        let disagreement = AEADDisagreement.opening(byteCount: 769, headerByteCount: 16, inPlace: true)
        #expect("\(disagreement)" == "opening 769 bytes and a header of 16 in place")
        let error = AEADError.providerDisagrees(.ipsecMB, .aes256GCM, disagreement)
        #expect(
            "\(error)" == "ipsec-mb is not usable: its AES-256-GCM differs from that of libsodium when "
                + "opening 769 bytes and a header of 16 in place")
        #expect(
            "\(AEADDisagreement.forgery(byteCount: 100, alteredByte: 131))"
                == "refusing 100 bytes with byte 131 of header, ciphertext and tag altered")
    }
}
