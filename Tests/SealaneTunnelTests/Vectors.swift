import Foundation
import SealaneAEAD
import SealaneTunnel
import TestSupport
import Testing

func bytes(_ hexadecimal: String) throws -> [UInt8] {
    try #require(Hexadecimal(hexadecimal)).bytes
}

/// A file of this target's `Vectors`.
func vectors<File: Decodable>(_ type: File.Type, from path: String) throws -> File {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: Bundle.module.bundleURL.appending(path: "Vectors/\(path)")))
}

/// Hands out words that were written down beforehand, so that a key drawn from it is a known one; then zeros.
struct ScriptedRandom: RandomNumberGenerator {
    private var words: ArraySlice<UInt64>

    init(_ bytes: [UInt8]) {
        words =
            stride(from: 0, to: bytes.count, by: 8).map { start in
                bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }[...]
    }

    mutating func next() -> UInt64 { words.popFirst() ?? 0 }
}

/// Lends bytes to what makes a secret of them: an array's own way of lending yields only what can be copied.
func withMemory<Result: ~Copyable>(
    of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(memory))
}

func privateKey(_ bytes: [UInt8]) throws -> PrivateKey {
    guard let key = try withMemory(of: bytes, { try PrivateKey(copying: $0) }) else {
        throw NotAKey(byteCount: bytes.count)
    }
    return key
}

struct NotAKey: Error {
    let byteCount: Int
}

func presharedKey(_ bytes: [UInt8]) throws -> PresharedKey {
    try #require(try bytes.withUnsafeBytes { try PresharedKey(copying: $0) })
}

func copy(_ secret: borrowing SecretBytes) -> [UInt8] {
    secret.withUnsafeBytes { Array($0) }
}

extension AEADKey {
    init(_ suite: CipherSuite, _ bytes: [UInt8]) throws {
        try self.init(suite: suite, key: withMemory(of: bytes) { try SecretBytes(copying: $0) })
    }

    /// Ciphertext and tag.
    borrowing func sealed(_ plaintext: [UInt8], header: [UInt8], nonce: Nonce) -> [UInt8] {
        var output = plaintext + Array(repeating: 0, count: Self.tagByteCount)
        output.withUnsafeMutableBytes { output in
            header.withUnsafeBytes { header in
                guard let start = output.baseAddress else { return }
                seal(start, count: plaintext.count, header: header, nonce: nonce, into: start)
            }
        }
        return output
    }

    /// The plaintext, or nil if the tag does not fit.
    borrowing func opened(_ sealed: [UInt8], header: [UInt8], nonce: Nonce) -> [UInt8]? {
        var output = sealed
        let isAuthentic = output.withUnsafeMutableBytes { output in
            header.withUnsafeBytes { header in
                guard let start = output.baseAddress else { return false }
                return open(start, count: sealed.count, header: header, nonce: nonce, into: start)
            }
        }
        return isAuthentic ? Array(output.dropLast(Self.tagByteCount)) : nil
    }
}
