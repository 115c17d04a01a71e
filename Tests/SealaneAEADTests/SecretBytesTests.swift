import Foundation
import SealaneAEAD
import Testing

@Suite("Secret bytes")
struct SecretBytesTests {
    @Test("new secrets are zero, at every size", arguments: [0, 1, 31, 32, 512, 4096, 5000])
    func zero(count: Int) throws {
        let secret = try SecretBytes(count: count)
        let bytes = secret.withUnsafeBytes { Array($0) }
        #expect(secret.count == count)
        #expect(bytes == [UInt8](repeating: 0, count: count))
    }

    @Test("a copied secret holds the bytes, and writing to it leaves the original alone")
    func copying() throws {
        let original = UnsafeMutableRawBufferPointer.allocate(byteCount: 5, alignment: 1)
        defer { original.deallocate() }
        original.copyBytes(from: [1, 2, 3, 4, 5])
        var secret = try SecretBytes(copying: UnsafeRawBufferPointer(original))
        secret.withUnsafeMutableBytes { $0[0] = 9 }
        let bytes = secret.withUnsafeBytes { Array($0) }
        #expect(bytes == [9, 2, 3, 4, 5])
        #expect(Array(original) == [1, 2, 3, 4, 5])
    }

    @Test("an error thrown while bytes are lent comes out with its type")
    func typedThrows() throws {
        var secret = try SecretBytes(count: 4)
        #expect(throws: AEADError.keyByteCount(4)) {
            try secret.withUnsafeBytes { (bytes) throws(AEADError) in throw .keyByteCount(bytes.count) }
        }
        #expect(throws: AEADError.keyByteCount(4)) {
            try secret.withUnsafeMutableBytes { (bytes) throws(AEADError) in throw .keyByteCount(bytes.count) }
        }
    }

    @Test("secrets are equal when every byte is, and only then")
    func equality() throws {
        let bytes: [UInt8] = (0..<32).map { $0 }
        let reference = try SecretBytes(bytes)
        let same = try SecretBytes(bytes)
        let shorter = try SecretBytes(Array(bytes.dropLast()))
        let equal = reference.isEqual(to: same)
        let equalToShorter = reference.isEqual(to: shorter)
        #expect(equal)
        #expect(!equalToShorter)
        for bit in 0..<256 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            let other = try SecretBytes(changed)
            let equal = reference.isEqual(to: other)
            #expect(!equal, "bit \(bit)")
        }
        let empty = try SecretBytes(count: 0)
        let otherEmpty = try SecretBytes(count: 0)
        let equalEmpty = empty.isEqual(to: otherEmpty)
        #expect(equalEmpty)
    }

    @Test("dropped secrets give their memory back")
    func freed() throws {
        // Four mappings each: kept, these would pass Linux's default limit of 65530 mappings.
        for _ in 0..<20_000 {
            let secret = try SecretBytes(count: 32)
            #expect(secret.count == 32)
        }
    }

    @Test("memory that cannot be had is an error that says how much was asked for")
    func outOfMemory() throws {
        let count = Int.max / 2
        #expect(throws: AEADError.outOfGuardedMemory(byteCount: count)) { _ = try SecretBytes(count: count) }
        #expect("\(AEADError.outOfGuardedMemory(byteCount: 32))".contains("32 bytes"))
    }

    @Test("secrets are locked in memory and left out of core dumps; one that is not locked is counted")
    func locked() throws {
        let secret = try SecretBytes(count: 32)
        let flags = try secret.withUnsafeBytes { try mappingFlags(of: UInt(bitPattern: $0.baseAddress)) }
        #expect(flags.contains("dd"), "\(flags)")
        #expect(flags.contains("lo") || SecretBytes.unlockedCount > 0, "\(flags)")
    }

    /// What proc_pid_smaps(5) tells of the mapping that holds `address`.
    private func mappingFlags(of address: UInt) throws -> [Substring] {
        // Read to its end: Foundation takes the first page of such a file for all of it.
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/smaps"))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        var isHere = false
        for line in text.split(separator: "\n") {
            if let range = line.prefixMatch(of: #/([0-9a-f]+)-([0-9a-f]+) /#) {
                let (first, end) = (UInt(range.1, radix: 16) ?? 0, UInt(range.2, radix: 16) ?? 0)
                isHere = first <= address && address < end
            } else if isHere, line.hasPrefix("VmFlags: ") {
                return line.split(separator: " ").dropFirst().map { $0 }
            }
        }
        return []
    }
}
