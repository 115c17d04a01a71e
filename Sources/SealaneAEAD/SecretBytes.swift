import CSodium
import Synchronization

/// Secret bytes in guarded memory: locked against swapping as far as the memory lock limit allows, left out of core dumps,
/// wiped when dropped. They cannot be copied by accident, only borrowed or moved.
///
/// Up to 2 KiB lie in a region beside other secrets (`SecretPool`), more in a region of their own. Before and behind every
/// region are pages whose touch ends the process.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    @usableFromInline let pointer: UnsafeMutableRawPointer
    public let count: Int
    /// Nil: a region of its own.
    private let slab: SecretPool.Slab?

    private static let unlocked = Atomic<UInt64>(0)

    /// How many secrets of this process lay in memory that the kernel has not locked: they could be written to swap.
    public static var unlockedCount: UInt64 { unlocked.load(ordering: .relaxed) }

    /// `count` zero bytes. Aligned to 64 bytes if they are no more than 2 KiB or a multiple of 64.
    public init(count: Int) throws(AEADError) {
        precondition(count >= 0, "a secret cannot have \(count) bytes")
        guard Libsodium.isReady else { throw .libsodiumUnavailable }
        let isLocked: Bool
        if let pool = SecretPool.ofPlaces(holding: count) {
            guard let (slab, pointer) = pool.take() else { throw .outOfGuardedMemory(byteCount: count) }
            (self.pointer, self.slab, isLocked) = (pointer, slab, slab.isLocked)
        } else {
            guard let region = GuardedRegion(byteCount: count) else { throw .outOfGuardedMemory(byteCount: count) }
            (pointer, slab, isLocked) = (region.start, nil, region.isLocked)
        }
        self.count = count
        if !isLocked { Self.unlocked.add(1, ordering: .relaxed) }
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

    deinit {
        if let slab { SecretPool.giveBack(pointer, of: slab) } else { sodium_free(pointer) }
    }

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
