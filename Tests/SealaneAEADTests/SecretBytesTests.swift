import Foundation
import SealaneAEAD
import Testing

// Serialized, because some tests count the mappings of the process.
@Suite("Secret bytes", .serialized)
struct SecretBytesTests {
    @Test("new secrets are zero, at every size", arguments: [0, 1, 31, 32, 512, 4096, 5000])
    func zero(count: Int) throws {
        let secret = try SecretBytes(count: count)
        let bytes = secret.withUnsafeBytes { Array($0) }
        #expect(secret.count == count)
        #expect(bytes == [UInt8](repeating: 0, count: count))
    }

    @Test("a copied secret has the bytes, and writing to it leaves the original unchanged")
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

    @Test("an error thrown by the body keeps its type")
    func typedThrows() throws {
        var secret = try SecretBytes(count: 4)
        #expect(throws: AEADError.keyByteCount(4)) {
            try secret.withUnsafeBytes { (bytes) throws(AEADError) in throw .keyByteCount(bytes.count) }
        }
        #expect(throws: AEADError.keyByteCount(4)) {
            try secret.withUnsafeMutableBytes { (bytes) throws(AEADError) in throw .keyByteCount(bytes.count) }
        }
    }

    @Test("secrets are equal if and only if all bytes are")
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

    /// Small enough for slots in shared regions, and larger.
    private static let smallAndLarge = [1, 32, 64, 65, 512, 1008, 2048, 2049, 5000]

    @Test("secrets start at multiples of 64, as expanded keys must", arguments: [1, 32, 64, 512, 1008, 2048, 4096])
    func aligned(count: Int) throws {
        for secret in try (0..<20).map({ _ in try Box(count) }) { #expect(secret.address % 64 == 0) }
    }

    @Test("secrets share regions, never bytes")
    func apart() throws {
        var random = SystemRandomNumberGenerator()
        let secrets = try (0..<2000).map { _ in try Box(Int.random(in: 1...3000, using: &random)) }
        let ranges = secrets.map { $0.address..<($0.address + UInt($0.secret.count)) }
            .sorted { $0.lowerBound < $1.lowerBound }
        for (range, next) in zip(ranges, ranges.dropFirst()) { #expect(range.upperBound <= next.lowerBound) }
    }

    @Test("memory before and after the region of a secret is inaccessible", arguments: smallAndLarge)
    func guardPages(count: Int) throws {
        let secret = try Box(count)
        let (before, here, behind) = try #require(try Mapping.around(secret.address))
        #expect(here.permissions == "rw-p")
        #expect(before?.permissions == "---p")
        #expect(behind?.permissions == "---p")
        // From the region's first page to its last, no more than 16 KiB for small secrets.
        #expect(here.addresses.count <= 16384)
    }

    @Test("a dropped secret is wiped", arguments: smallAndLarge)
    func wiped(count: Int) throws {
        let pattern = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 83 &+ 41) }
        // Keeps a shared region from being unmapped before it is checked.
        let neighbour = try Box(count)
        var secret: Box? = try Box(pattern)
        let address = try #require(secret?.address)
        #expect(try memory(at: address, count: count) == pattern)
        secret = nil
        let left = try memory(at: address, count: count)
        // By then it may belong to another test, or be unmapped if it was not small.
        #expect(left != pattern)
        #expect(neighbour.secret.count == count)
    }

    @Test("a new secret is zero, whatever its slot held before")
    func zeroAgain() throws {
        for count in Self.smallAndLarge {
            for _ in 0..<300 {
                let secret = try Box([UInt8](repeating: 0xA5, count: count))
                let next = try SecretBytes(count: count)
                let bytes = next.withUnsafeBytes { Array($0) }
                #expect(bytes == [UInt8](repeating: 0, count: count))
                #expect(secret.secret.count == count)
            }
        }
    }

    @Test("20000 secrets take a few hundred mappings, which end with them")
    func mappings() throws {
        let before = try Mapping.count()
        var secrets = try (0..<20_000).map { _ in try Box(32) }
        let during = try Mapping.count()
        // 255 secrets per region, four mappings per region: 316. Other tests have some too.
        #expect(during - before < 1000)
        #expect(secrets.count == 20_000)
        secrets = []
        #expect(try Mapping.count() - before < 500)
        // Each has its own region: if these were kept, they would exceed Linux's default limit of 65530 mappings.
        for _ in 0..<20_000 {
            let secret = try SecretBytes(count: 3000)
            #expect(secret.count == 3000)
        }
    }

    @Test("threads that make and drop secrets concurrently never see each other's")
    func threads() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for thread in UInt8(1)...4 {
                group.addTask {
                    var held: [Box] = []
                    var isOwn = true
                    for turn in 0..<5000 {
                        let count = 32 + turn % 3 * 40
                        held.append(try Box([UInt8](repeating: thread, count: count)))
                        guard held.count > turn % 400 else { continue }
                        let dropped = held.remove(at: turn % held.count)
                        isOwn = isOwn && dropped.bytes.allSatisfy { $0 == thread }
                    }
                    return isOwn
                }
            }
            for try await isOwn in group { #expect(isOwn) }
        }
    }

    @Test("the error for missing memory says how much was requested")
    func outOfMemory() throws {
        let count = Int.max / 2
        #expect(throws: AEADError.outOfGuardedMemory(byteCount: count)) { _ = try SecretBytes(count: count) }
        #expect("\(AEADError.outOfGuardedMemory(byteCount: 32))".contains("32 bytes"))
    }

    @Test(
        "secrets are locked in memory and excluded from core dumps; an unlocked one is counted",
        arguments: smallAndLarge)
    func locked(count: Int) throws {
        let secret = try Box(count)
        let flags = try #require(try Mapping.around(secret.address)).here.flags
        #expect(flags.contains("dd"), "\(flags)")
        #expect(flags.contains("lo") || SecretBytes.unlockedCount > 0, "\(flags)")
    }

    /// A secret that an array can hold.
    private final class Box: Sendable {
        let secret: SecretBytes

        init(_ count: Int) throws {
            secret = try SecretBytes(count: count)
        }

        init(_ bytes: [UInt8]) throws {
            secret = try SecretBytes(bytes)
        }

        var address: UInt { secret.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
        var bytes: [UInt8] { secret.withUnsafeBytes { Array($0) } }
    }
}
