extension BidirectionalCollection<UInt8> {
    /// The bytes without the spaces, tabs and carriage returns at both ends.
    var trimmingWhitespace: SubSequence {
        func isWhitespace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
        guard let first = firstIndex(where: { !isWhitespace($0) }), let last = lastIndex(where: { !isWhitespace($0) })
        else { return self[startIndex..<startIndex] }
        return self[first...last]
    }
}
