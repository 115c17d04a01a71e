import CSodium
import Synchronization

/// Secret bytes in guarded memory: locked against swapping as far as the memory lock limit allows, excluded from core
/// dumps, wiped at the end of their life. They can only be borrowed or moved, never copied by accident.
///
/// Secrets of up to 2 KiB share regions (`SecretPool`); a larger one has its own. Inaccessible pages before and after
/// every region end a process that touches them.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    @usableFromInline let pointer: UnsafeMutableRawPointer
    public let count: Int
    /// Nil: the secret has its own region.
    private let slab: SecretPool.Slab?

    private static let unlocked = Atomic<UInt64>(0)

    /// How many secrets this process has had in memory that the kernel did not lock and could write to swap.
    package static var unlockedCount: UInt64 { unlocked.load(ordering: .relaxed) }

    /// `count` zero bytes. Aligned to 64 bytes if `count` is at most 2 KiB or a multiple of 64.
    public init(count: Int) throws(AEADError) {
        precondition(count >= 0, "a secret cannot have \(count) bytes")
        guard Libsodium.isReady else { throw .libsodiumUnavailable }
        let isLocked: Bool
        if let pool = SecretPool.pool(forByteCount: count) {
            guard let (slab, pointer) = pool.allocate() else { throw .outOfGuardedMemory(byteCount: count) }
            (self.pointer, self.slab, isLocked) = (pointer, slab, slab.isLocked)
        } else {
            guard let region = GuardedRegion(byteCount: count) else { throw .outOfGuardedMemory(byteCount: count) }
            (pointer, slab, isLocked) = (region.start, nil, region.isLocked)
        }
        self.count = count
        if !isLocked { Self.unlocked.add(1, ordering: .relaxed) }
    }

    /// A copy of `bytes`. The owner of the original must wipe it.
    public init(copying bytes: UnsafeRawBufferPointer) throws(AEADError) {
        try self.init(count: bytes.count)
        UnsafeMutableRawBufferPointer(start: pointer, count: count).copyMemory(from: bytes)
    }

    /// A copy in memory of its own.
    public borrowing func copy() throws(AEADError) -> SecretBytes {
        try SecretBytes(copying: UnsafeRawBufferPointer(start: pointer, count: count))
    }

    deinit {
        if let slab { SecretPool.deallocate(pointer, of: slab) } else { sodium_free(pointer) }
    }

    /// Calls `body` with the bytes. The buffer must not outlive the call.
    @inlinable
    public borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// Calls `body` with the bytes for writing. The buffer must not outlive the call.
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
