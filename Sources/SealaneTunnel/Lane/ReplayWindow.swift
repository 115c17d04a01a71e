/// Which counters of one sender's lane have been seen: RFC 6479's ring of 64-bit words.
///
/// The ring holds 8192 bits, of which one word is being recycled: a counter more than 8128 behind the newest is refused.
/// Not shared: it belongs to the thread of its lane.
public struct ReplayWindow: ~Copyable {
    @inlinable static var wordCount: UInt64 { 128 }
    /// How far behind the newest counter one may be.
    @inlinable public static var span: UInt64 { (wordCount - 1) * 64 }

    @usableFromInline let words: UnsafeMutablePointer<UInt64>
    /// One more than the greatest counter seen; 0 before the first.
    @usableFromInline var next: UInt64 = 0

    package init() {
        words = .allocate(capacity: Int(Self.wordCount))
        words.initialize(repeating: 0, count: Int(Self.wordCount))
    }

    deinit {
        words.deallocate()
    }

    /// Whether `counter` was not seen and is not too old to tell. Changes nothing.
    @inlinable public func isFresh(_ counter: UInt64) -> Bool {
        if counter >= next { return counter != .max }
        if next - counter > Self.span { return false }
        let word = words[Int((counter >> 6) & (Self.wordCount - 1))]
        return word & (1 << (counter & 63)) == 0
    }

    /// Whether `counter` is greater than all that were seen.
    @inlinable public func isNewest(_ counter: UInt64) -> Bool {
        counter >= next && counter != .max
    }

    /// Records a counter that `isFresh` and whose datagram has proven authentic; before that, nothing may be recorded.
    @inlinable public mutating func record(_ counter: UInt64) {
        if counter >= next {
            let newest = counter >> 6
            let advance = next == 0 ? newest + 1 : newest - ((next - 1) >> 6)
            let cleared = advance < Self.wordCount ? advance : Self.wordCount
            var word = newest
            for _ in 0..<cleared {
                words[Int(word & (Self.wordCount - 1))] = 0
                word &-= 1
            }
            next = counter + 1
        }
        words[Int((counter >> 6) & (Self.wordCount - 1))] |= 1 << (counter & 63)
    }
}
