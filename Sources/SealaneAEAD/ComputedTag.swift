/// The tag that a packet should have, for libraries that decrypt before the tag can be compared.
@usableFromInline
struct ComputedTag {
    @usableFromInline var words: (UInt64, UInt64)

    /// Initially differs from the 16 bytes at `received`, so that a library that returns without computing a tag
    /// authenticates nothing.
    @inlinable
    init(unlike received: UnsafeRawPointer) {
        words = (
            ~received.loadUnaligned(as: UInt64.self), ~received.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
    }

    /// Whether the 16 bytes at `received` equal this tag. If not, zeroes the `count` bytes at `output`, which are
    /// unauthenticated plaintext. Takes the same time wherever the tags differ.
    @inlinable
    func matches(_ received: UnsafeRawPointer, orWipe output: UnsafeMutableRawPointer, count: Int) -> Bool {
        let first = words.0 ^ received.loadUnaligned(as: UInt64.self)
        let second = words.1 ^ received.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        if first | second == 0 { return true }
        output.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        return false
    }
}
