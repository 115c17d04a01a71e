import SealaneIdentity
import SealaneTunnel
import Testing

@Suite("Private key text")
struct PrivateKeyTextTests {
    private func parse(_ text: String) throws(IdentityError) -> PrivateKey {
        var key: PrivateKey?
        var failure: IdentityError?
        Array(text.utf8).withUnsafeBytes { bytes in
            do throws(IdentityError) {
                key = try PrivateKey(fileContent: bytes, source: "standard input")
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard let key else { throw .text(.privateKey, source: "standard input", .empty) }
        return key
    }

    @Test("the text of a generated key reads as the same key")
    func roundTrip() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let generated = try PrivateKey.generate(using: &random)
            let text = generated.withText { String(decoding: $0, as: UTF8.self) }
            let key = try parse(text + "\n")
            let textAgain = key.withText { String(decoding: $0, as: UTF8.self) }
            #expect(text.utf8.count == 44)
            #expect(textAgain == text)
            #expect(key.publicKey == generated.publicKey)
        }
    }

    @Test("the error for a malformed key names standard input as its source", arguments: wrongTexts)
    func wrongForm(wrong: WrongText) {
        #expect(throws: IdentityError.text(.privateKey, source: "standard input", wrong.problem)) {
            _ = try parse(wrong.text)
        }
    }
}
