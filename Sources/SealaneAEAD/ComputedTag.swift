/// The tag that a packet being opened ought to have, for code that decrypts before it can tell.
@usableFromInline
struct ComputedTag {
    @usableFromInline var words: (UInt64, UInt64)

    /// Anything but the 16 bytes at `received`: a library that returns without computing a tag has not vouched for it.
    @inlinable
    init(unlike received: UnsafeRawPointer) {
        words = (
            ~received.loadUnaligned(as: UInt64.self), ~received.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
    }

    /// Whether the 16 bytes at `received` are this tag; if not, zeroes the `count` bytes at `output`, which are
    /// plaintext that nobody vouches for. Takes the same time wherever the tags differ.
    @inlinable
    func matches(_ received: UnsafeRawPointer, orWipe output: UnsafeMutableRawPointer, count: Int) -> Bool {
        let first = words.0 ^ received.loadUnaligned(as: UInt64.self)
        let second = words.1 ^ received.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        if first | second == 0 { return true }
        output.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        return false
    }
}
