import CSodium
import Synchronization

/// Secret bytes in memory of their own: between guard pages, locked against swapping as far as the memory lock limit
/// allows, left out of core dumps, wiped when dropped. They cannot be copied by accident, only borrowed or moved.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    @usableFromInline let pointer: UnsafeMutableRawPointer
    public let count: Int

    private static let unlocked = Atomic<UInt64>(0)

    /// How many secrets of this process the kernel has not locked in memory: they could be written to swap.
    public static var unlockedCount: UInt64 { unlocked.load(ordering: .relaxed) }

    /// `count` zero bytes.
    public init(count: Int) throws(AEADError) {
        precondition(count >= 0, "a secret cannot have \(count) bytes")
        guard Libsodium.isReady else { throw .libsodiumUnavailable }
        guard let pointer = sodium_malloc(count) else { throw .outOfGuardedMemory(byteCount: count) }
        // sodium_malloc has tried it and keeps to itself whether that worked. A second time does no more than tell.
        if sodium_mlock(pointer, count) != 0 { Self.unlocked.add(1, ordering: .relaxed) }
        sodium_memzero(pointer, count)
        self.pointer = pointer
        self.count = count
    }

    /// A copy of `bytes`. Wiping the original is up to its owner.
    public init(copying bytes: UnsafeRawBufferPointer) throws(AEADError) {
        try self.init(count: bytes.count)
        UnsafeMutableRawBufferPointer(start: pointer, count: count).copyMemory(from: bytes)
    }

    /// The same bytes again, in memory of their own.
    public borrowing func copy() throws(AEADError) -> SecretBytes {
        try SecretBytes(copying: UnsafeRawBufferPointer(start: pointer, count: count))
    }

    deinit { sodium_free(pointer) }

    /// Lends the bytes to `body`; the buffer must not outlive the call.
    @inlinable
    public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// Lends the bytes to `body` for writing; the buffer must not outlive the call.
    @inlinable
    public mutating func withUnsafeMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeMutableRawBufferPointer(start: pointer, count: count))
    }

    /// Whether both hold the same bytes. Takes the same time wherever they differ; only the counts are not secret.
    public borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        count == other.count && sodium_memcmp(pointer, other.pointer, count) == 0
    }
}
