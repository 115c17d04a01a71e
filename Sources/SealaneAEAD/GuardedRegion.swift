import CSodium

/// libsodium's guarded memory: zero bytes between inaccessible pages, excluded from core dumps, locked against swapping
/// as far
/// as the memory lock limit allows. The owner frees it with `sodium_free`, which wipes it.
struct GuardedRegion {
    /// The last byte of the region is the last of a page.
    let start: UnsafeMutableRawPointer
    let isLocked: Bool

    /// Nil if no guarded memory is left.
    init?(byteCount: Int) {
        guard let start = sodium_malloc(byteCount) else { return nil }
        // sodium_malloc has locked the memory but does not report the result. Locking again only reports it.
        isLocked = sodium_mlock(start, byteCount) == 0
        sodium_memzero(start, byteCount)
        self.start = start
    }
}
