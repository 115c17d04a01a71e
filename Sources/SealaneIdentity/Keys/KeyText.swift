import SealaneAEAD
import SealaneLinux

/// Reads a key stored as text: 44 characters of base64, then at most one newline.
struct KeyText {
    let expectation: IdentityError.Expectation
    /// The origin of the text, for errors: a path, or "standard input".
    let source: String

    private static var characterCount: Int { 44 }

    /// Larger than any key, so that a file with other content gets an error about its format.
    private static var maximumByteCount: Int { 4096 }

    /// Reads the file at `source`, which group and others must not be able to access. `make` gets the 44 characters and
    /// returns nil if they are not base64.
    func readFile<Key: ~Copyable>(
        _ make: (UnsafeRawBufferPointer) throws(AEADError) -> Key?
    ) throws(IdentityError) -> Key {
        try withFileContent { (content) throws(IdentityError) in try parse(content, make) }
    }

    /// Passes the content of the file at `source` to `body` in guarded memory, under the same conditions.
    func withFileContent<Value: ~Copyable>(
        _ body: (UnsafeRawBufferPointer) throws(IdentityError) -> Value
    ) throws(IdentityError) -> Value {
        var content = try inMemory { () throws(AEADError) in try SecretBytes(count: Self.maximumByteCount) }
        let count: Int
        do {
            count = try SecretFile.withContents(of: source, maximumByteCount: Self.maximumByteCount) { bytes in
                content.withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
                return bytes.count
            }
        } catch {
            throw .file(expectation, error)
        }
        return try content.withUnsafeBytes { (bytes) throws(IdentityError) in
            try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        }
    }

    func parse<Key: ~Copyable>(
        _ content: UnsafeRawBufferPointer, _ make: (UnsafeRawBufferPointer) throws(AEADError) -> Key?
    ) throws(IdentityError) -> Key {
        let newline = UInt8(ascii: "\n")
        let line = UnsafeRawBufferPointer(rebasing: content.last == newline ? content.dropLast() : content[...])
        if let problem = Self.problem(in: line) { throw .text(expectation, source: source, problem) }
        guard let key = try inMemory({ () throws(AEADError) in try make(line) }) else {
            throw .text(expectation, source: source, .notBase64)
        }
        return key
    }

    private static func problem(in line: UnsafeRawBufferPointer) -> KeyTextProblem? {
        if line.isEmpty { return .empty }
        if line.contains(UInt8(ascii: "\n")) { return .severalLines }
        if line.count != characterCount { return .byteCount(line.count) }
        if line.dropLast().allSatisfy({ $0 == UInt8(ascii: "A") }) { return .allZero }
        return nil
    }

    func inMemory<Value: ~Copyable>(
        _ body: () throws(AEADError) -> Value
    ) throws(IdentityError) -> Value {
        do {
            return try body()
        } catch {
            throw .memory(expectation, error)
        }
    }
}
