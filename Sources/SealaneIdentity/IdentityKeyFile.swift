import SealaneAEAD
import SealaneLinux
import SealaneTunnel

/// An Ed25519 key in a file that only its owner can open: PEM of PKCS#8 (RFC 8410 section 7), as
/// `openssl genpkey -algorithm ed25519` writes it.
public enum IdentityKeyFile {
    /// Reads the key in the file at `path`, under the conditions of `PrivateKeyFile.read`.
    public static func read(_ path: String) throws(IdentityError) -> IdentityKey {
        try IdentityKeyText.text(from: path).withFileContent { (content) throws(IdentityError) in
            try IdentityKey(pem: content, source: path)
        }
    }

    /// Makes the file at `path` with this key in it, mode 0600; on the disk when it returns. What is at `path` already is
    /// left as it is, and is an error.
    public static func create(_ path: String, holding key: IdentityKey) throws(IdentityError) {
        let text = try IdentityKeyText.encode(key)
        do throws(SystemError) {
            try text.withUnsafeBytes { (text) throws(SystemError) in try AtomicFile.create(path, text, mode: 0o600) }
        } catch {
            throw .file(.identityKey, error)
        }
    }

    /// The key in the file at `path`; if there is no such file, a new key, which is in the file by then.
    public static func readOrCreate(
        _ path: String, using random: inout some RandomNumberGenerator
    ) throws(IdentityError) -> (key: IdentityKey, isNew: Bool) {
        do throws(IdentityError) {
            return (try read(path), false)
        } catch  where error.meansNoSuchFile {
            let key = try IdentityKey.generate(using: &random)
            try create(path, holding: key)
            return (key, true)
        }
    }
}

/// The text of a key file. One is written for each key: the structure around the 32 bytes is always the same.
enum IdentityKeyText {
    private static let header = Array("-----BEGIN PRIVATE KEY-----".utf8)
    private static let footer = Array("-----END PRIVATE KEY-----".utf8)
    /// PrivateKeyInfo, version 0, id-Ed25519, then the 32 bytes in two octet strings.
    private static let prefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    /// Of the whole structure, which is one line of base64.
    private static var byteCount: Int { prefix.count + IdentityKey.byteCount }
    private static var characterCount: Int { byteCount / 3 * 4 }

    static func text(from source: String) -> KeyText { KeyText(expectation: .identityKey, source: source) }

    static func inMemory<Value: ~Copyable>(
        _ body: () throws(AEADError) -> Value
    ) throws(IdentityError) -> Value {
        try text(from: "").inMemory(body)
    }

    static func encode(_ key: IdentityKey) throws(IdentityError) -> SecretBytes {
        try inMemory { () throws(AEADError) in
            var structure = try SecretBytes(count: byteCount)
            structure.withUnsafeMutableBytes { structure in
                structure.copyBytes(from: prefix)
                let rest = UnsafeMutableRawBufferPointer(rebasing: structure[prefix.count...])
                key.withSeed { rest.copyMemory(from: $0) }
            }
            let newline = [UInt8(ascii: "\n")]
            let (head, foot) = (header + newline, newline + footer + newline)
            var text = try SecretBytes(count: head.count + characterCount + foot.count)
            text.withUnsafeMutableBytes { text in
                text.copyBytes(from: head)
                let line = UnsafeMutableRawBufferPointer(rebasing: text[head.count...])
                structure.withUnsafeBytes { Base64.encode($0, into: line) }
                UnsafeMutableRawBufferPointer(rebasing: line[characterCount...]).copyBytes(from: foot)
            }
            return text
        }
    }

    /// Takes what editors and templates do to a text: a byte order mark, line ends of Windows, empty lines around it.
    static func decode(_ text: UnsafeRawBufferPointer, source: String) throws(IdentityError) -> SecretBytes {
        func failure(_ problem: KeyTextProblem) -> IdentityError { .text(.identityKey, source: source, problem) }
        if text.isEmpty { throw failure(.empty) }
        let body = text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...]
        // Slices of the text: no copy of the key.
        let lines = body.split(separator: UInt8(ascii: "\n")).map(\.trimmingWhitespace).filter { !$0.isEmpty }
        guard lines.count == 3, lines[0].elementsEqual(header), lines[2].elementsEqual(footer),
            lines[1].count == characterCount
        else { throw failure(.notPEM) }
        let line = UnsafeRawBufferPointer(rebasing: lines[1])
        var structure = try inMemory { () throws(AEADError) in try SecretBytes(count: byteCount) }
        guard structure.withUnsafeMutableBytes({ Base64.decode(line, into: $0) }) else { throw failure(.notBase64) }
        return try structure.withUnsafeBytes { (structure) throws(IdentityError) in
            guard structure.starts(with: prefix) else { throw failure(.notEd25519) }
            let seed = UnsafeRawBufferPointer(rebasing: structure[prefix.count...])
            guard seed.contains(where: { $0 != 0 }) else { throw failure(.allZero) }
            return try inMemory { () throws(AEADError) in try SecretBytes(copying: seed) }
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var trimmingWhitespace: Self {
        func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
        guard let first = firstIndex(where: { !isWhitespace($0) }), let last = lastIndex(where: { !isWhitespace($0) })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }
}

extension IdentityKey {
    /// The key in `content`, which has the form of a key file. `source` says in errors where it is from. Wiping `content`
    /// is up to its owner.
    public init(pem content: UnsafeRawBufferPointer, source: String) throws(IdentityError) {
        try self.init(seed: try IdentityKeyText.decode(content, source: source), source: source)
    }
}
