import SealaneIdentity
import SealaneTunnel
import TestSupport
import Testing

@Suite("Pre-shared key files")
struct PresharedKeyFileTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    @Test("two files with the same key give the same secret, and a file with another key another secret")
    func reads() throws {
        let key = try PresharedKeyFile.read(scratch.write(privateText + "\n", to: "one"))
        let same = try PresharedKeyFile.read(scratch.write(privateText, to: "two"))
        let other = try PresharedKeyFile.read(scratch.write(publicText, to: "three"))
        #expect(key.isEqual(to: same))
        #expect(!key.isEqual(to: other))
    }

    @Test("a file that others can read is refused with its mode and a remedy")
    func foreignMode() throws {
        let path = try scratch.write(privateText, to: "secret.key", mode: 0o644)
        let text = try #require(message { () throws(IdentityError) in _ = try PresharedKeyFile.read(path) })
        #expect(text.hasPrefix("pre-shared key: "))
        #expect(text.contains("0644"))
        #expect(text.contains("chmod 600 \(path)"))
    }

    @Test("a malformed key is refused with its problem", arguments: wrongTexts)
    func wrongForm(wrong: WrongText) throws {
        let path = try scratch.write(wrong.text, to: "secret.key")
        #expect(throws: IdentityError.text(.presharedKey, source: path, wrong.problem)) {
            _ = try PresharedKeyFile.read(path)
        }
    }
}
