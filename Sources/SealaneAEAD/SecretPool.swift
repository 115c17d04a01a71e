import CSodium
import SealaneLock

/// Slots of one size for secrets, in slabs: regions of libsodium's guarded memory with inaccessible pages before and
/// after
/// each. A handshake makes and drops a dozen secrets. A region for each would cost six system calls every time and,
/// while it
/// lasts, four of the 65,530 mappings that Linux allows a process.
final class SecretPool: Sendable {
    /// A power of two from 64 on. Every slot's address is a multiple of it.
    private let slotByteCount: Int
    private let state = Lock(State())

    private struct State {
        /// The slabs with free and used slots.
        var open: [Slab] = []
        /// A slab without used slots, kept for the next allocation.
        var spare: Slab?
        /// The size of the next slab. The first slab is one page, so that a host with few peers locks little memory.
        var pageCount = 1
    }

    /// One region. Its free slots are zero.
    final class Slab: @unchecked Sendable {
        // Sendable: `free` is accessed under the pool's lock only.
        fileprivate let pool: SecretPool
        fileprivate let start: UnsafeMutableRawPointer
        fileprivate let slotCount: Int
        fileprivate var free: [Int]
        let isLocked: Bool

        /// Nil if no guarded memory is left.
        ///
        /// - Parameter pageCount: of 4 KiB. libsodium uses some of their bytes to detect writes before the region.
        fileprivate init?(of pool: SecretPool, pageCount: Int) {
            slotCount = (pageCount * 4096 - 16) / pool.slotByteCount
            guard let region = GuardedRegion(byteCount: slotCount * pool.slotByteCount) else { return nil }
            (start, isLocked) = (region.start, region.isLocked)
            free = Array(0..<slotCount)
            self.pool = pool
        }

        deinit { sodium_free(start) }

        fileprivate var isEmpty: Bool { free.count == slotCount }
    }

    private init(slotByteCount: Int) {
        self.slotByteCount = slotByteCount
    }

    private static let pools = [64, 128, 256, 512, 1024, 2048].map(SecretPool.init)

    /// The pool with the smallest slots of at least `count` bytes; nil if no slot is that large.
    static func pool(forByteCount count: Int) -> SecretPool? {
        pools.first { count <= $0.slotByteCount }
    }

    /// Allocates a slot: `slotByteCount` zero bytes. Nil if no guarded memory is left.
    func allocate() -> (Slab, UnsafeMutableRawPointer)? {
        let found: (slab: Slab, slot: Int)? = state.withLock { state in
            if state.open.isEmpty {
                guard let slab = state.spare ?? Slab(of: self, pageCount: state.pageCount) else { return nil }
                state.spare = nil
                state.pageCount = 4
                state.open.append(slab)
            }
            let slab = state.open[state.open.count - 1]
            let slot = slab.free.removeLast()
            if slab.free.isEmpty { state.open.removeLast() }
            return (slab, slot)
        }
        return found.map { ($0.slab, $0.slab.start + $0.slot * slotByteCount) }
    }

    /// Wipes and frees the used slot of `slab` at `pointer`.
    static func deallocate(_ pointer: UnsafeMutableRawPointer, of slab: Slab) {
        let pool = slab.pool
        sodium_memzero(pointer, pool.slotByteCount)
        let slot = (pointer - slab.start) / pool.slotByteCount
        pool.state.withLock { state in
            slab.free.append(slot)
            if slab.free.count == 1 { state.open.append(slab) }
            guard slab.isEmpty else { return }
            state.open.removeAll { $0 === slab }
            // The system gets a second empty slab back when its last reference ends.
            if state.spare == nil { state.spare = slab }
        }
    }
}
