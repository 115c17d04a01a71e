import Foundation
import SealaneIdentity
import TestSupport
import Testing

private func readingFails(_ path: String) -> String? {
    message { () throws(IdentityError) in _ = try PrivateKeyFile.read(path) }
}

@Suite("Private key files")
struct PrivateKeyFileTests {
    private let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    @Test("a key is read with or without a final newline", arguments: ["", "\n"])
    func reads(end: String) throws {
        let key = try PrivateKeyFile.read(scratch.write(privateText + end, to: "secret.key"))
        #expect(key.publicKey.description == publicText)
    }

    @Test("a file that only its owner can access is accepted", arguments: [0o400, 0o600, 0o700])
    func ownModes(mode: Int) throws {
        let key = try PrivateKeyFile.read(scratch.write(privateText, to: "secret.key", mode: mode))
        #expect(key.publicKey.description == publicText)
    }

    @Test(
        "a file that group or others can access is refused with its mode and a remedy",
        arguments: [0o640, 0o620, 0o604, 0o602, 0o644, 0o666, 0o440])
    func foreignModes(mode: Int) throws {
        let path = try scratch.write(privateText, to: "secret.key", mode: mode)
        let text = try #require(readingFails(path))
        #expect(text.contains("0\(String(mode, radix: 8))"))
        #expect(text.contains("chmod 600 \(path)"))
        #expect(!text.contains(privateText))
    }

    @Test("a symbolic link is refused, and the error names its target")
    func symbolicLink() throws {
        let link = scratch.path("link.key")
        let target = try scratch.write(privateText, to: "secret.key")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        let text = try #require(readingFails(link))
        #expect(text.contains("a symbolic link is not followed here; name the file that it leads to: \(target)"))
    }

    @Test(
        "a directory that others can write to is refused for reading and creating a key",
        arguments: [0o777, 0o775, 0o757])
    func sharedDirectory(mode: Int) throws {
        let folder = scratch.path("keys")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try scratch.write(privateText, to: "keys/secret.key")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
        var random = SystemRandomNumberGenerator()
        let made = message { () throws(IdentityError) in
            _ = try PrivateKeyFile.create(folder + "/new.key", using: &random)
        }
        for text in [readingFails(folder + "/secret.key"), made] {
            #expect(text?.contains("mode 0\(String(mode, radix: 8))") == true)
            #expect(text?.contains("chmod go-w \(folder)") == true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["secret.key"])
    }

    @Test("a directory and a device are refused because they are not regular files", arguments: ["", "/dev/null"])
    func notRegular(device: String) throws {
        let path = device.isEmpty ? scratch.root : device
        #expect(readingFails(path)?.contains("not a regular file") == true)
    }

    @Test("a FIFO is refused without waiting for a writer")
    func fifo() throws {
        let path = scratch.path("fifo.key")
        try #require(mkfifo(path, 0o600) == 0)
        #expect(readingFails(path)?.contains("not a regular file") == true)
    }

    @Test("the error for a missing file contains its path")
    func missing() throws {
        let path = scratch.path("missing.key")
        let text = try #require(readingFails(path))
        #expect(text.hasPrefix("private key: "))
        #expect(text.contains(path))
        #expect(text.contains("ENOENT"))
    }

    @Test("a file that is too large for a key is refused without reading all of it")
    func tooLarge() throws {
        let path = try scratch.write(String(repeating: "A", count: 4097), to: "secret.key")
        #expect(readingFails(path)?.contains("at most 4096 bytes") == true)
    }

    @Test("a malformed key is refused with its problem", arguments: wrongTexts)
    func wrongForm(wrong: WrongText) throws {
        let path = try scratch.write(wrong.text, to: "secret.key")
        #expect(throws: IdentityError.text(.privateKey, source: path, wrong.problem)) {
            _ = try PrivateKeyFile.read(path)
        }
    }

    @Test("the error names the file, the problem and the required form, and never quotes the key")
    func errorText() throws {
        let path = try scratch.write(String(privateText.dropLast()), to: "secret.key")
        #expect(
            readingFails(path)
                == "private key in \(path): the line has 43 bytes; expected 32 bytes as 44 characters of base64 on "
                + "one line, as `sealane key generate` prints them")
    }

    @Test("a created key is in memory and in its file, which only its owner can access")
    func creates() throws {
        let path = scratch.path("made.key")
        var random = SeededRandom(seed: 3)
        let made = try PrivateKeyFile.create(path, using: &random)
        #expect(scratch.mode(of: "made.key") == 0o600)
        #expect(scratch.names == ["made.key"])
        #expect(try PrivateKeyFile.read(path).publicKey == made.publicKey)
        let other = try PrivateKeyFile.create(scratch.path("other.key"), using: &random)
        #expect(other.publicKey != made.publicKey)
    }

    @Test("an existing file is never replaced, whatever it contains", arguments: [privateText, "", "else"])
    func neverReplaces(text: String) throws {
        let path = try scratch.write(text, to: "secret.key")
        let said = message { () throws(IdentityError) in
            var random = SeededRandom(seed: 3)
            _ = try PrivateKeyFile.create(path, using: &random)
        }
        #expect(said?.contains("EEXIST") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        #expect(scratch.names == ["secret.key"])
    }

    @Test("a missing file is distinguished from every other failure")
    func meansNoSuchFile() throws {
        let open = try scratch.write(privateText, to: "open.key", mode: 0o644)
        let wrong = try scratch.write("wrong", to: "wrong.key")
        for (path, isMissing) in [(scratch.path("missing.key"), true), (open, false), (wrong, false)] {
            let error = #expect(throws: IdentityError.self) { _ = try PrivateKeyFile.read(path) }
            #expect(error?.meansNoSuchFile == isMissing, "\(path)")
        }
    }
}
