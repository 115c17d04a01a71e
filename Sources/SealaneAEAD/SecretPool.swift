import CSodium
import Synchronization

/// Places of one size for secrets, in slabs: regions of libsodium's guarded memory, with pages before and behind each that
/// nobody may touch. A handshake makes and drops a dozen secrets; a region for each would cost six system calls every time
/// and, while it lasts, four of the 65,530 mappings that Linux gives a process.
final class SecretPool: Sendable {
    /// A power of two from 64 on, of which every place's address is a multiple.
    private let placeByteCount: Int
    private let state = Mutex(State())
    /// Written before the lock is let go and read once it is had: what orders the two for ThreadSanitizer, which does not see
    /// the kernel hand the lock over.
    private let turn = Atomic(false)

    private struct State {
        /// Those with places that are taken and places that are free.
        var open: [Slab] = []
        /// One without a place that is taken, for the next that is needed.
        var spare: Slab?
        /// The first slab is one page, which is all that a host of few peers takes of what it may lock.
        var pageCount = 1
    }

    /// One region. Its places are zero while they are free.
    final class Slab: @unchecked Sendable {
        // Sendable: `free` is touched under the pool's lock only.
        fileprivate let pool: SecretPool
        fileprivate let start: UnsafeMutableRawPointer
        fileprivate let placeCount: Int
        fileprivate var free: [Int]
        let isLocked: Bool

        /// Nil if there is no guarded memory left.
        ///
        /// - Parameter pageCount: of 4 KiB. Some bytes of them go to libsodium, which finds by them what wrote too far back.
        fileprivate init?(of pool: SecretPool, pageCount: Int) {
            placeCount = (pageCount * 4096 - 16) / pool.placeByteCount
            guard let region = GuardedRegion(byteCount: placeCount * pool.placeByteCount) else { return nil }
            (start, isLocked) = (region.start, region.isLocked)
            free = Array(0..<placeCount)
            self.pool = pool
        }

        deinit { sodium_free(start) }

        fileprivate var isEmpty: Bool { free.count == placeCount }
    }

    private init(placeByteCount: Int) {
        self.placeByteCount = placeByteCount
    }

    private static let pools = [64, 128, 256, 512, 1024, 2048].map(SecretPool.init)

    /// The pool with the smallest places that hold `count` bytes. Nil if that is too much for a place.
    static func ofPlaces(holding count: Int) -> SecretPool? {
        pools.first { count <= $0.placeByteCount }
    }

    /// Takes a place, `placeByteCount` zero bytes. Nil if there is no guarded memory left.
    func take() -> (Slab, UnsafeMutableRawPointer)? {
        let taken: (slab: Slab, place: Int)? = withLock { state in
            if state.open.isEmpty {
                guard let slab = state.spare ?? Slab(of: self, pageCount: state.pageCount) else { return nil }
                state.spare = nil
                state.pageCount = 4
                state.open.append(slab)
            }
            let slab = state.open[state.open.count - 1]
            let place = slab.free.removeLast()
            if slab.free.isEmpty { state.open.removeLast() }
            return (slab, place)
        }
        return taken.map { ($0.slab, $0.slab.start + $0.place * placeByteCount) }
    }

    /// Wipes the place at `pointer`, which is one of `slab` that is taken, and frees it.
    static func giveBack(_ pointer: UnsafeMutableRawPointer, of slab: Slab) {
        let pool = slab.pool
        sodium_memzero(pointer, pool.placeByteCount)
        let place = (pointer - slab.start) / pool.placeByteCount
        pool.withLock { state in
            slab.free.append(place)
            if slab.free.count == 1 { state.open.append(slab) }
            guard slab.isEmpty else { return }
            state.open.removeAll { $0 === slab }
            // A second empty one goes back to the system, with the last reference to it.
            if state.spare == nil { state.spare = slab }
        }
    }

    private func withLock<Result: Sendable>(_ body: @Sendable (inout State) -> Result) -> Result {
        state.withLock { state in
            _ = turn.load(ordering: .acquiring)
            defer { turn.store(true, ordering: .releasing) }
            return body(&state)
        }
    }
}

/// libsodium's guarded memory: zero bytes between pages that nobody may touch, left out of core dumps, locked against
/// swapping as far as the memory lock limit allows. To be given back by `sodium_free`, which wipes it.
struct GuardedRegion {
    /// The last byte is the last of a page.
    let start: UnsafeMutableRawPointer
    let isLocked: Bool

    /// Nil if there is no guarded memory left.
    init?(byteCount: Int) {
        guard let start = sodium_malloc(byteCount) else { return nil }
        // sodium_malloc has tried it and keeps to itself whether that worked. A second time does no more than tell.
        isLocked = sodium_mlock(start, byteCount) == 0
        sodium_memzero(start, byteCount)
        self.start = start
    }
}
