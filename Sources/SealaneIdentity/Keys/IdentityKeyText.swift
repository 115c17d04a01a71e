import SealaneAEAD
import SealaneLinux
import SealaneTunnel

/// The PEM text of a key file. The DER structure around the 32 bytes of the key is always the same, so writing needs no
/// encoder.
enum IdentityKeyText {
    private static let header = Array("-----BEGIN PRIVATE KEY-----".utf8)
    private static let footer = Array("-----END PRIVATE KEY-----".utf8)
    /// PrivateKeyInfo: version 0, id-Ed25519, then the 32 bytes in two nested octet strings.
    private static let prefix: [UInt8] = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    /// The size of the structure, which fits in one line of base64.
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

    /// Tolerates what editors and templates do to text: a byte order mark, CRLF line endings, blank lines around it.
    static func decode(_ text: UnsafeRawBufferPointer, source: String) throws(IdentityError) -> SecretBytes {
        func failure(_ problem: KeyTextProblem) -> IdentityError { .text(.identityKey, source: source, problem) }
        if text.isEmpty { throw failure(.empty) }
        let body = text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...]
        // Slices of the text, so the key is not copied.
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

extension IdentityKey {
    /// Reads `content`, the text of a key file. The caller wipes `content`.
    ///
    /// - Parameter source: the origin of the text, for errors.
    package init(pem content: UnsafeRawBufferPointer, source: String) throws(IdentityError) {
        try self.init(seed: try IdentityKeyText.decode(content, source: source), source: source)
    }
}
