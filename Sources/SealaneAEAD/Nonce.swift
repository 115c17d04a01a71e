/// A 96-bit AEAD nonce. Each packet sealed with one key needs its own.
@frozen public struct Nonce: Sendable, Hashable {
    /// The twelve bytes in memory order; three words, so that the struct has no padding.
    @usableFromInline let first: UInt32
    @usableFromInline let second: UInt32
    @usableFromInline let third: UInt32

    /// 12.
    @inlinable public static var byteCount: Int { 12 }

    @inlinable init(first: UInt32, inMemoryOrder counter: UInt64) {
        self.first = first
        #if _endian(little)
            second = UInt32(truncatingIfNeeded: counter)
            third = UInt32(truncatingIfNeeded: counter >> 32)
        #else
            second = UInt32(truncatingIfNeeded: counter >> 32)
            third = UInt32(truncatingIfNeeded: counter)
        #endif
    }

    /// Four zero bytes, then the counter, most significant byte first: the nonce of Noise's AESGCM and of data packets.
    @inlinable public init(bigEndianCounter counter: UInt64) {
        self.init(first: 0, inMemoryOrder: counter.bigEndian)
    }

    /// Four zero bytes, then the counter, least significant byte first: the nonce of Noise's ChaChaPoly.
    @inlinable public init(littleEndianCounter counter: UInt64) {
        self.init(first: 0, inMemoryOrder: counter.littleEndian)
    }

    /// Any nonce, as in published test vectors. Nil unless there are exactly 12 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        let first = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let rest = bytes.dropFirst(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(first: first.bigEndian, inMemoryOrder: rest.bigEndian)
    }
}
